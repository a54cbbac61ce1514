"""The steps of the front door's tables; see hub/migrations.py. Copied from `hub.migrations.statements_for`."""

from __future__ import annotations

from typing import Final

from hub.migrations import Step

STEPS: Final = (
    Step(
        1,
        (
            """CREATE TABLE front_door_item (id VARCHAR NOT NULL, reference VARCHAR NOT NULL, entry VARCHAR NOT
                NULL, channel VARCHAR NOT NULL, organisation VARCHAR, referral VARCHAR, about VARCHAR NOT NULL,
                agreed VARCHAR NOT NULL, themes VARCHAR NOT NULL, soon VARCHAR NOT NULL, words VARCHAR NOT NULL,
                name VARCHAR NOT NULL, reach VARCHAR NOT NULL, whose VARCHAR NOT NULL, safe VARCHAR NOT NULL,
                arrived_at DATETIME NOT NULL, due_at DATETIME NOT NULL, state VARCHAR NOT NULL,
                owner_organisation VARCHAR, owner_subject VARCHAR, owner_name VARCHAR, next_step VARCHAR,
                next_on DATE, closed_at DATETIME, outcome VARCHAR, said_gone_at DATETIME, PRIMARY KEY (id),
                UNIQUE (reference), UNIQUE (entry), UNIQUE (referral))""",
            """CREATE TABLE front_door_person (id VARCHAR NOT NULL, item VARCHAR NOT NULL, called VARCHAR NOT
                NULL, added_at DATETIME NOT NULL, PRIMARY KEY (id), FOREIGN KEY(item) REFERENCES front_door_item
                (id))""",
            "CREATE INDEX ix_front_door_person_item ON front_door_person (item)",
            """CREATE TABLE front_door_handle (person VARCHAR NOT NULL, organisation VARCHAR NOT NULL, handle
                VARCHAR NOT NULL, PRIMARY KEY (person, organisation), FOREIGN KEY(person) REFERENCES
                front_door_person (id))""",
            """CREATE TABLE front_door_done (id INTEGER NOT NULL, item VARCHAR NOT NULL, at DATETIME NOT NULL,
                "by" VARCHAR NOT NULL, what VARCHAR NOT NULL, note VARCHAR NOT NULL, entry VARCHAR, PRIMARY KEY
                (id), UNIQUE (entry), FOREIGN KEY(item) REFERENCES front_door_item (id))""",
            "CREATE INDEX ix_front_door_done_item ON front_door_done (item)",
            """CREATE TABLE front_door_saying (id VARCHAR NOT NULL, organisation VARCHAR NOT NULL, subject
                VARCHAR NOT NULL, person VARCHAR, item VARCHAR, called VARCHAR NOT NULL, handle VARCHAR NOT
                NULL, sought VARCHAR NOT NULL, decision VARCHAR NOT NULL, kinds VARCHAR NOT NULL, how VARCHAR
                NOT NULL, helped_by VARCHAR NOT NULL, said_at DATETIME, state VARCHAR NOT NULL, problem VARCHAR
                NOT NULL, started_at DATETIME NOT NULL, changed_at DATETIME NOT NULL, PRIMARY KEY (id), FOREIGN
                KEY(person) REFERENCES front_door_person (id), FOREIGN KEY(item) REFERENCES front_door_item
                (id))""",
        ),
    ),
    Step(
        2,
        (
            "ALTER TABLE front_door_item ADD COLUMN place_may_be_counted BOOLEAN NOT NULL DEFAULT 0",
            "ALTER TABLE front_door_item ADD COLUMN place VARCHAR NOT NULL DEFAULT ''",
        ),
    ),
)
DUTY_STEPS: Final = (
    Step(
        1,
        (
            """CREATE TABLE duty_to_refer_notified (id VARCHAR NOT NULL, entry VARCHAR NOT NULL, organisation
                VARCHAR NOT NULL, subject VARCHAR NOT NULL, "to" VARCHAR NOT NULL, file_number VARCHAR NOT NULL,
                written_at DATETIME NOT NULL, PRIMARY KEY (id), UNIQUE (entry))""",
            """CREATE INDEX ix_duty_to_refer_notified_organisation ON duty_to_refer_notified (organisation)""",
        ),
    ),
)
COUNCIL_STEPS: Final = (
    Step(
        1,
        (
            """CREATE TABLE duty_received_came (id VARCHAR NOT NULL, reference VARCHAR NOT NULL, referral VARCHAR
                NOT NULL, organisation VARCHAR NOT NULL, sender VARCHAR NOT NULL, came_at DATETIME NOT NULL,
                due_at DATETIME NOT NULL, name VARCHAR NOT NULL, why VARCHAR NOT NULL, telephone VARCHAR NOT
                NULL, email VARCHAR NOT NULL, address VARCHAR NOT NULL, safe_contact VARCHAR NOT NULL, language
                VARCHAR NOT NULL, needs VARCHAR NOT NULL, state VARCHAR NOT NULL, "by" VARCHAR NOT NULL,
                changed_at DATETIME, code VARCHAR NOT NULL, PRIMARY KEY (id), UNIQUE (reference), UNIQUE
                (referral))""",
            """CREATE INDEX ix_duty_received_came_organisation ON duty_received_came (organisation)""",
        ),
    ),
)
