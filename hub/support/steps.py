"""The steps of support's tables; see hub/migrations.py."""

from __future__ import annotations

from typing import Final

from hub.migrations import Step

STEPS: Final = (
    Step(
        1,
        (
            """CREATE TABLE support_case (
                    id VARCHAR NOT NULL, referral VARCHAR, organisation VARCHAR NOT NULL, sender VARCHAR NOT
                    NULL, purpose VARCHAR NOT NULL, person VARCHAR, state VARCHAR NOT NULL, name VARCHAR NOT
                    NULL, birth_date DATE, nhs_number VARCHAR, telephone VARCHAR, email VARCHAR, address
                    VARCHAR, district VARCHAR NOT NULL, safe_contact VARCHAR, preferred_language VARCHAR,
                    needs VARCHAR, why VARCHAR NOT NULL, what_matters VARCHAR, lead VARCHAR, began_at
                    DATETIME NOT NULL, ends_at DATETIME, review_on DATE, asked VARCHAR, asked_at DATETIME,
                    renewal BOOLEAN NOT NULL, answer VARCHAR, closed_at DATETIME, outcomes VARCHAR NOT NULL,
                    closing_note VARCHAR, PRIMARY KEY (id), UNIQUE (referral))""",
            "CREATE INDEX ix_support_case_organisation ON support_case (organisation)",
            """CREATE TABLE support_plan (
                    case_id VARCHAR NOT NULL, status VARCHAR NOT NULL, start_date DATE NOT NULL, lead_role
                    VARCHAR NOT NULL, handed_by VARCHAR, PRIMARY KEY (case_id), FOREIGN KEY(case_id)
                    REFERENCES support_case (id))""",
            """CREATE TABLE support_goal (
                    id VARCHAR NOT NULL, case_id VARCHAR NOT NULL, place INTEGER NOT NULL, what VARCHAR NOT
                    NULL, reached_at DATETIME, PRIMARY KEY (id), FOREIGN KEY(case_id) REFERENCES
                    support_case (id))""",
            "CREATE INDEX ix_support_goal_case_id ON support_goal (case_id)",
            """CREATE TABLE support_step (
                    id VARCHAR NOT NULL, goal_id VARCHAR NOT NULL, place INTEGER NOT NULL, what VARCHAR NOT
                    NULL, who VARCHAR NOT NULL, due DATE, done_at DATETIME, PRIMARY KEY (id), FOREIGN
                    KEY(goal_id) REFERENCES support_goal (id))""",
            "CREATE INDEX ix_support_step_goal_id ON support_step (goal_id)",
            """CREATE TABLE support_review (
                    id VARCHAR NOT NULL, case_id VARCHAR NOT NULL, "on" DATE NOT NULL, note VARCHAR NOT
                    NULL, written_by VARCHAR NOT NULL, PRIMARY KEY (id), FOREIGN KEY(case_id) REFERENCES
                    support_case (id))""",
            "CREATE INDEX ix_support_review_case_id ON support_review (case_id)",
            """CREATE TABLE support_contact (
                    id VARCHAR NOT NULL, case_id VARCHAR NOT NULL, "on" DATE NOT NULL, how VARCHAR NOT NULL,
                    result VARCHAR NOT NULL, note VARCHAR NOT NULL, written_by VARCHAR NOT NULL, written_at
                    DATETIME NOT NULL, PRIMARY KEY (id), FOREIGN KEY(case_id) REFERENCES support_case (id))""",
            "CREATE INDEX ix_support_contact_case_id ON support_contact (case_id)",
            """CREATE TABLE support_move (
                    id VARCHAR NOT NULL, case_id VARCHAR NOT NULL, "on" DATE NOT NULL, from_district VARCHAR
                    NOT NULL, to_district VARCHAR NOT NULL, PRIMARY KEY (id), FOREIGN KEY(case_id)
                    REFERENCES support_case (id))""",
            "CREATE INDEX ix_support_move_case_id ON support_move (case_id)",
            """CREATE TABLE support_handover (
                    id VARCHAR NOT NULL, case_id VARCHAR NOT NULL, "to" VARCHAR NOT NULL, purpose VARCHAR
                    NOT NULL, goals INTEGER NOT NULL, sections VARCHAR NOT NULL, subject VARCHAR NOT NULL,
                    written_by VARCHAR NOT NULL, written_at DATETIME NOT NULL, PRIMARY KEY (id), FOREIGN
                    KEY(case_id) REFERENCES support_case (id))""",
            "CREATE INDEX ix_support_handover_case_id ON support_handover (case_id)",
        ),
    ),
    Step(2, ("ALTER TABLE support_plan ADD COLUMN written_at DATETIME",)),
    Step(
        3,
        (
            "ALTER TABLE support_case ADD COLUMN themes VARCHAR NOT NULL DEFAULT ''",
            "ALTER TABLE support_case ADD COLUMN place_may_be_counted BOOLEAN NOT NULL DEFAULT 0",
            "ALTER TABLE support_case ADD COLUMN place VARCHAR NOT NULL DEFAULT ''",
        ),
    ),
)
