"""The steps of INTERACT's tables; see hub/migrations.py."""

from __future__ import annotations

from typing import Final

from hub.migrations import Step

STEPS: Final = (
    Step(
        1,
        (
            """CREATE TABLE interact_case (
                    id VARCHAR NOT NULL, referral VARCHAR, organisation VARCHAR NOT NULL, sender VARCHAR
                    NOT NULL, person VARCHAR, state VARCHAR NOT NULL, name VARCHAR NOT NULL, birth_date
                    DATE, nhs_number VARCHAR, telephone VARCHAR, email VARCHAR, address VARCHAR,
                    safe_contact VARCHAR, preferred_language VARCHAR, needs VARCHAR, why VARCHAR NOT
                    NULL, what_matters VARCHAR, themes VARCHAR NOT NULL, urgency VARCHAR NOT NULL, agreed
                    VARCHAR NOT NULL, arrived_at DATETIME NOT NULL, lead VARCHAR, closed_at DATETIME,
                    outcomes VARCHAR NOT NULL, closing_note VARCHAR, PRIMARY KEY (id), UNIQUE (referral))""",
            """CREATE TABLE interact_task (
                    id VARCHAR NOT NULL, case_id VARCHAR NOT NULL, what VARCHAR NOT NULL, owner VARCHAR
                    NOT NULL, due DATE NOT NULL, written_by VARCHAR NOT NULL, written_at DATETIME NOT
                    NULL, done_at DATETIME, done_by VARCHAR, PRIMARY KEY (id), FOREIGN KEY(case_id)
                    REFERENCES interact_case (id))""",
            "CREATE INDEX ix_interact_task_case_id ON interact_task (case_id)",
            """CREATE TABLE interact_helper (
                    id VARCHAR NOT NULL, case_id VARCHAR NOT NULL, who VARCHAR NOT NULL, what VARCHAR NOT
                    NULL, written_by VARCHAR NOT NULL, written_at DATETIME NOT NULL, PRIMARY KEY (id),
                    FOREIGN KEY(case_id) REFERENCES interact_case (id))""",
            "CREATE INDEX ix_interact_helper_case_id ON interact_helper (case_id)",
            """CREATE TABLE interact_visit (
                    id VARCHAR NOT NULL, case_id VARCHAR NOT NULL, visited_on DATE NOT NULL, written_by
                    VARCHAR NOT NULL, written_at DATETIME NOT NULL, PRIMARY KEY (id), FOREIGN
                    KEY(case_id) REFERENCES interact_case (id))""",
            "CREATE INDEX ix_interact_visit_case_id ON interact_visit (case_id)",
            """CREATE TABLE interact_seen (
                    visit_id VARCHAR NOT NULL, question VARCHAR NOT NULL, answer VARCHAR NOT NULL, note
                    VARCHAR NOT NULL, PRIMARY KEY (visit_id, question), FOREIGN KEY(visit_id) REFERENCES
                    interact_visit (id))""",
            """CREATE TABLE interact_measure (
                    case_id VARCHAR NOT NULL, moment VARCHAR NOT NULL, measure VARCHAR NOT NULL, score
                    INTEGER NOT NULL, written_by VARCHAR NOT NULL, written_at DATETIME NOT NULL, PRIMARY
                    KEY (case_id, moment, measure), FOREIGN KEY(case_id) REFERENCES interact_case (id))""",
            """CREATE TABLE interact_plan (
                    case_id VARCHAR NOT NULL, status VARCHAR NOT NULL, goals VARCHAR NOT NULL, start_date
                    DATE NOT NULL, review_date DATE, lead_role VARCHAR NOT NULL, written_by VARCHAR NOT
                    NULL, written_at DATETIME NOT NULL, PRIMARY KEY (case_id), FOREIGN KEY(case_id)
                    REFERENCES interact_case (id))""",
            """CREATE TABLE interact_link (
                    digest VARCHAR NOT NULL, for_whom VARCHAR NOT NULL, organisation VARCHAR NOT NULL,
                    made_by VARCHAR NOT NULL, made_at DATETIME NOT NULL, until DATETIME NOT NULL, used_at
                    DATETIME, PRIMARY KEY (digest))""",
            """CREATE TABLE interact_referring (
                    id VARCHAR NOT NULL, organisation VARCHAR NOT NULL, subject VARCHAR NOT NULL, "to"
                    VARCHAR NOT NULL, name VARCHAR NOT NULL, written_at DATETIME NOT NULL, PRIMARY KEY
                    (id))""",
        ),
    ),
    Step(
        2,
        (
            "ALTER TABLE interact_case ADD COLUMN place_may_be_counted BOOLEAN NOT NULL DEFAULT 0",
            "ALTER TABLE interact_case ADD COLUMN place VARCHAR NOT NULL DEFAULT ''",
        ),
    ),
    Step(
        3,
        (
            "ALTER TABLE interact_case ADD COLUMN is_named BOOLEAN NOT NULL DEFAULT 0",
            """CREATE TABLE interact_colleague (
                    case_id VARCHAR NOT NULL, organisation VARCHAR NOT NULL, person VARCHAR, PRIMARY KEY
                    (case_id, organisation), FOREIGN KEY(case_id) REFERENCES interact_case (id))""",
        ),
    ),
)
