CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'the audit trail is append-only';
END $$

CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

CREATE TRIGGER audit_object_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_object
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

CREATE FUNCTION trail_head(lock bigint) RETURNS varchar LANGUAGE plpgsql VOLATILE AS $$ BEGIN
  PERFORM pg_advisory_xact_lock(lock);
  RETURN (SELECT hash FROM audit_entry ORDER BY id DESC LIMIT 1);
END $$

CREATE FUNCTION note_student_terms() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF TG_OP = 'UPDATE' THEN IF OLD.search = NEW.search THEN RETURN NULL; END IF;
DELETE FROM student_term WHERE student_id = NEW.id; END IF;
INSERT INTO student_term (term, student_id) SELECT DISTINCT word, NEW.id
  FROM string_to_table(NEW.search, ' ') AS word WHERE word <> '';
RETURN NULL; END $$

CREATE TRIGGER student_terms AFTER UPDATE OF search ON student FOR EACH ROW
WHEN (OLD.search IS DISTINCT FROM NEW.search)
EXECUTE FUNCTION note_student_terms()

CREATE FUNCTION note_new_student_terms() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
INSERT INTO student_term (term, student_id) SELECT DISTINCT word, id
  FROM touched, string_to_table(search, ' ') AS word WHERE word <> '';
RETURN NULL; END $$

CREATE TRIGGER student_terms_new AFTER INSERT ON student REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION note_new_student_terms()

CREATE FUNCTION student_to_do_new() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
INSERT INTO student_to_do (student_id, progress_available, active)
  SELECT id, progress_available, active FROM touched;
UPDATE student_to_do SET code_count = (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  WHERE student.id = student_to_do.student_id AND code.used_at IS NOT NULL)
+ (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  JOIN outbox_mail ON outbox_mail.login_code_id = code.id
  WHERE student.id = student_to_do.student_id AND state IN ('waiting', 'sending', 'sent'))
  WHERE student_id IN (SELECT id FROM touched WHERE user_id IS NOT NULL);
RETURN NULL; END $$

CREATE TRIGGER student_to_do_new AFTER INSERT ON student REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION student_to_do_new()

CREATE FUNCTION student_gone() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
DELETE FROM student_term WHERE student_id IN (SELECT id FROM touched);
DELETE FROM student_to_do WHERE student_id IN (SELECT id FROM touched);
RETURN NULL; END $$

CREATE TRIGGER student_gone AFTER DELETE ON student REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION student_gone()

CREATE FUNCTION student_to_do_own() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
UPDATE student_to_do SET progress_available = NEW.progress_available, active = NEW.active
  WHERE student_id = NEW.id;
RETURN NULL; END $$

CREATE TRIGGER student_to_do_own AFTER UPDATE OF progress_available, active ON student FOR EACH ROW
WHEN (OLD.progress_available IS DISTINCT FROM NEW.progress_available OR OLD.active IS DISTINCT FROM NEW.active)
EXECUTE FUNCTION student_to_do_own()

CREATE FUNCTION count_programme_count_enrolment_insert() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
UPDATE student_to_do SET programme_count = programme_count + per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT (touched.student_id) AS whose
      FROM touched WHERE touched.programme_id IS NOT NULL) AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;
RETURN NULL; END $$

CREATE TRIGGER count_programme_count_enrolment_insert AFTER INSERT ON enrolment REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION count_programme_count_enrolment_insert()

CREATE FUNCTION count_programme_count_enrolment_delete() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
UPDATE student_to_do SET programme_count = programme_count - per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT (touched.student_id) AS whose
      FROM touched WHERE touched.programme_id IS NOT NULL) AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;
RETURN NULL; END $$

CREATE TRIGGER count_programme_count_enrolment_delete AFTER DELETE ON enrolment REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION count_programme_count_enrolment_delete()

CREATE FUNCTION count_programme_count_enrolment_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
UPDATE student_to_do SET programme_count = programme_count - 1
  WHERE OLD.programme_id IS NOT NULL
  AND student_id = (OLD.student_id);
UPDATE student_to_do SET programme_count = programme_count + 1
  WHERE NEW.programme_id IS NOT NULL
  AND student_id = (NEW.student_id);
RETURN NULL; END $$

CREATE TRIGGER count_programme_count_enrolment_update AFTER UPDATE ON enrolment FOR EACH ROW
WHEN (OLD.student_id IS DISTINCT FROM NEW.student_id
  OR (OLD.programme_id IS NOT NULL) IS DISTINCT FROM (NEW.programme_id IS NOT NULL))
EXECUTE FUNCTION count_programme_count_enrolment_update()

CREATE FUNCTION count_supervisor_count_supervision_insert() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
UPDATE student_to_do SET supervisor_count = supervisor_count + per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT (touched.student_id) AS whose
      FROM touched WHERE touched.role = 'school_supervisor') AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;
RETURN NULL; END $$

CREATE TRIGGER count_supervisor_count_supervision_insert AFTER INSERT ON supervision REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION count_supervisor_count_supervision_insert()

CREATE FUNCTION count_supervisor_count_supervision_delete() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
UPDATE student_to_do SET supervisor_count = supervisor_count - per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT (touched.student_id) AS whose
      FROM touched WHERE touched.role = 'school_supervisor') AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;
RETURN NULL; END $$

CREATE TRIGGER count_supervisor_count_supervision_delete AFTER DELETE ON supervision REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION count_supervisor_count_supervision_delete()

CREATE FUNCTION count_supervisor_count_supervision_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
UPDATE student_to_do SET supervisor_count = supervisor_count - 1
  WHERE OLD.role = 'school_supervisor'
  AND student_id = (OLD.student_id);
UPDATE student_to_do SET supervisor_count = supervisor_count + 1
  WHERE NEW.role = 'school_supervisor'
  AND student_id = (NEW.student_id);
RETURN NULL; END $$

CREATE TRIGGER count_supervisor_count_supervision_update AFTER UPDATE ON supervision FOR EACH ROW
WHEN (OLD.student_id IS DISTINCT FROM NEW.student_id
  OR (OLD.role = 'school_supervisor') IS DISTINCT FROM (NEW.role = 'school_supervisor'))
EXECUTE FUNCTION count_supervisor_count_supervision_update()

CREATE FUNCTION count_sitting_count_sitting_insert() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
UPDATE student_to_do SET sitting_count = sitting_count + per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT (SELECT student_id FROM registration WHERE registration.id = touched.registration_id) AS whose
      FROM touched WHERE touched.id IS NOT NULL) AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;
RETURN NULL; END $$

CREATE TRIGGER count_sitting_count_sitting_insert AFTER INSERT ON sitting REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION count_sitting_count_sitting_insert()

CREATE FUNCTION count_sitting_count_sitting_delete() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
UPDATE student_to_do SET sitting_count = sitting_count - per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT (SELECT student_id FROM registration WHERE registration.id = touched.registration_id) AS whose
      FROM touched WHERE touched.id IS NOT NULL) AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;
RETURN NULL; END $$

CREATE TRIGGER count_sitting_count_sitting_delete AFTER DELETE ON sitting REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION count_sitting_count_sitting_delete()

CREATE FUNCTION count_sitting_count_sitting_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
UPDATE student_to_do SET sitting_count = sitting_count - 1
  WHERE OLD.id IS NOT NULL
  AND student_id = (SELECT student_id FROM registration WHERE registration.id = OLD.registration_id);
UPDATE student_to_do SET sitting_count = sitting_count + 1
  WHERE NEW.id IS NOT NULL
  AND student_id = (SELECT student_id FROM registration WHERE registration.id = NEW.registration_id);
RETURN NULL; END $$

CREATE TRIGGER count_sitting_count_sitting_update AFTER UPDATE ON sitting FOR EACH ROW
WHEN (OLD.registration_id IS DISTINCT FROM NEW.registration_id
  OR (OLD.id IS NOT NULL) IS DISTINCT FROM (NEW.id IS NOT NULL))
EXECUTE FUNCTION count_sitting_count_sitting_update()

CREATE FUNCTION count_code_count_login_code_insert() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
UPDATE student_to_do SET code_count = code_count + per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT (SELECT student.id FROM student WHERE student.user_id = touched.user_id) AS whose
      FROM touched WHERE (touched.purpose = 'invitation' AND touched.used_at IS NOT NULL)) AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;
RETURN NULL; END $$

CREATE TRIGGER count_code_count_login_code_insert AFTER INSERT ON login_code REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION count_code_count_login_code_insert()

CREATE FUNCTION count_code_count_login_code_delete() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
UPDATE student_to_do SET code_count = code_count - per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT (SELECT student.id FROM student WHERE student.user_id = touched.user_id) AS whose
      FROM touched WHERE (touched.purpose = 'invitation' AND touched.used_at IS NOT NULL)) AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;
RETURN NULL; END $$

CREATE TRIGGER count_code_count_login_code_delete AFTER DELETE ON login_code REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION count_code_count_login_code_delete()

CREATE FUNCTION count_code_count_login_code_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
UPDATE student_to_do SET code_count = code_count - 1
  WHERE (OLD.purpose = 'invitation' AND OLD.used_at IS NOT NULL)
  AND student_id = (SELECT student.id FROM student WHERE student.user_id = OLD.user_id);
UPDATE student_to_do SET code_count = code_count + 1
  WHERE (NEW.purpose = 'invitation' AND NEW.used_at IS NOT NULL)
  AND student_id = (SELECT student.id FROM student WHERE student.user_id = NEW.user_id);
RETURN NULL; END $$

CREATE TRIGGER count_code_count_login_code_update AFTER UPDATE ON login_code FOR EACH ROW
WHEN (NOT (OLD.user_id IS DISTINCT FROM NEW.user_id OR OLD.purpose IS DISTINCT FROM NEW.purpose)
  AND ((OLD.purpose = 'invitation' AND OLD.used_at IS NOT NULL)) IS DISTINCT FROM ((NEW.purpose = 'invitation' AND NEW.used_at IS NOT NULL)))
EXECUTE FUNCTION count_code_count_login_code_update()

CREATE FUNCTION count_code_count_outbox_mail_insert() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
UPDATE student_to_do SET code_count = code_count + per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT (SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id WHERE code.id = touched.login_code_id AND code.purpose = 'invitation') AS whose
      FROM touched WHERE (touched.login_code_id IS NOT NULL AND touched.state IN ('waiting', 'sending', 'sent'))) AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;
RETURN NULL; END $$

CREATE TRIGGER count_code_count_outbox_mail_insert AFTER INSERT ON outbox_mail REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION count_code_count_outbox_mail_insert()

CREATE FUNCTION count_code_count_outbox_mail_delete() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_hashagg = off AS $$ BEGIN
UPDATE student_to_do SET code_count = code_count - per.number
  FROM (SELECT one.whose, count(*) AS number
    FROM (SELECT (SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id WHERE code.id = touched.login_code_id AND code.purpose = 'invitation') AS whose
      FROM touched WHERE (touched.login_code_id IS NOT NULL AND touched.state IN ('waiting', 'sending', 'sent'))) AS one
    GROUP BY one.whose) AS per
  WHERE student_to_do.student_id = per.whose;
RETURN NULL; END $$

CREATE TRIGGER count_code_count_outbox_mail_delete AFTER DELETE ON outbox_mail REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION count_code_count_outbox_mail_delete()

CREATE FUNCTION count_code_count_outbox_mail_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
UPDATE student_to_do SET code_count = code_count - 1
  WHERE (OLD.login_code_id IS NOT NULL AND OLD.state IN ('waiting', 'sending', 'sent'))
  AND student_id = (SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id WHERE code.id = OLD.login_code_id AND code.purpose = 'invitation');
UPDATE student_to_do SET code_count = code_count + 1
  WHERE (NEW.login_code_id IS NOT NULL AND NEW.state IN ('waiting', 'sending', 'sent'))
  AND student_id = (SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id WHERE code.id = NEW.login_code_id AND code.purpose = 'invitation');
RETURN NULL; END $$

CREATE TRIGGER count_code_count_outbox_mail_update AFTER UPDATE ON outbox_mail FOR EACH ROW
WHEN (OLD.login_code_id IS DISTINCT FROM NEW.login_code_id
  OR ((OLD.login_code_id IS NOT NULL AND OLD.state IN ('waiting', 'sending', 'sent'))) IS DISTINCT FROM ((NEW.login_code_id IS NOT NULL AND NEW.state IN ('waiting', 'sending', 'sent'))))
EXECUTE FUNCTION count_code_count_outbox_mail_update()

CREATE FUNCTION count_code_count_student_moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
UPDATE student_to_do SET code_count = (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  WHERE student.id = student_to_do.student_id AND code.used_at IS NOT NULL)
+ (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  JOIN outbox_mail ON outbox_mail.login_code_id = code.id
  WHERE student.id = student_to_do.student_id AND state IN ('waiting', 'sending', 'sent'))
  WHERE student_id = NEW.id;
RETURN NULL; END $$

CREATE TRIGGER count_code_count_student_moved AFTER UPDATE OF user_id ON student FOR EACH ROW
WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id)
EXECUTE FUNCTION count_code_count_student_moved()

CREATE FUNCTION count_code_count_login_code_moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
UPDATE student_to_do SET code_count = (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  WHERE student.id = student_to_do.student_id AND code.used_at IS NOT NULL)
+ (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  JOIN outbox_mail ON outbox_mail.login_code_id = code.id
  WHERE student.id = student_to_do.student_id AND state IN ('waiting', 'sending', 'sent'))
  WHERE student_id IN (SELECT id FROM student WHERE user_id IN (OLD.user_id, NEW.user_id));
RETURN NULL; END $$

CREATE TRIGGER count_code_count_login_code_moved AFTER UPDATE OF user_id, purpose ON login_code FOR EACH ROW
WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id OR OLD.purpose IS DISTINCT FROM NEW.purpose)
EXECUTE FUNCTION count_code_count_login_code_moved()

CREATE FUNCTION count_sitting_count_registration_moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
UPDATE student_to_do SET sitting_count = (SELECT count(*) FROM sitting JOIN registration ON registration.id = registration_id
  WHERE registration.student_id = student_to_do.student_id)
  WHERE student_id IN (OLD.student_id, NEW.student_id);
RETURN NULL; END $$

CREATE TRIGGER count_sitting_count_registration_moved AFTER UPDATE OF student_id ON registration FOR EACH ROW
WHEN (OLD.student_id IS DISTINCT FROM NEW.student_id)
EXECUTE FUNCTION count_sitting_count_registration_moved()
