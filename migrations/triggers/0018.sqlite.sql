CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END

CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END

CREATE TRIGGER audit_object_no_update BEFORE UPDATE ON audit_object BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END

CREATE TRIGGER audit_object_no_delete BEFORE DELETE ON audit_object BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END

CREATE TRIGGER student_terms_new AFTER INSERT ON student BEGIN
INSERT INTO student_term (term, student_id) SELECT DISTINCT value, NEW.id
  FROM json_each('[' || replace(json_quote(NEW.search), ' ', '","') || ']') WHERE value <> '';
END

CREATE TRIGGER student_terms_changed AFTER UPDATE OF search ON student
WHEN OLD.search IS NOT NEW.search
BEGIN
DELETE FROM student_term WHERE student_id = NEW.id;
INSERT INTO student_term (term, student_id) SELECT DISTINCT value, NEW.id
  FROM json_each('[' || replace(json_quote(NEW.search), ' ', '","') || ']') WHERE value <> '';
END

CREATE TRIGGER student_to_do_new AFTER INSERT ON student
BEGIN
INSERT INTO student_to_do (student_id, progress_available, active)
  VALUES (NEW.id, NEW.progress_available, NEW.active);
UPDATE student_to_do SET code_count = (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  WHERE student.id = student_to_do.student_id AND code.used_at IS NOT NULL)
+ (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  JOIN outbox_mail ON outbox_mail.login_code_id = code.id
  WHERE student.id = student_to_do.student_id AND state IN ('waiting', 'sending', 'sent'))
  WHERE student_id = NEW.id AND NEW.user_id IS NOT NULL;
END

CREATE TRIGGER student_gone AFTER DELETE ON student
BEGIN
DELETE FROM student_term WHERE student_id = OLD.id;
DELETE FROM student_to_do WHERE student_id = OLD.id;
END

CREATE TRIGGER student_to_do_own AFTER UPDATE OF progress_available, active ON student
WHEN OLD.progress_available IS NOT NEW.progress_available OR OLD.active IS NOT NEW.active
BEGIN
UPDATE student_to_do SET progress_available = NEW.progress_available, active = NEW.active
  WHERE student_id = NEW.id;
END

CREATE TRIGGER count_programme_count_enrolment_insert AFTER INSERT ON enrolment
WHEN NEW.programme_id IS NOT NULL
BEGIN
UPDATE student_to_do SET programme_count = programme_count + 1
  WHERE NEW.programme_id IS NOT NULL
  AND student_id = (NEW.student_id);
END

CREATE TRIGGER count_programme_count_enrolment_delete AFTER DELETE ON enrolment
WHEN OLD.programme_id IS NOT NULL
BEGIN
UPDATE student_to_do SET programme_count = programme_count - 1
  WHERE OLD.programme_id IS NOT NULL
  AND student_id = (OLD.student_id);
END

CREATE TRIGGER count_programme_count_enrolment_update AFTER UPDATE OF student_id, programme_id ON enrolment
WHEN OLD.student_id IS NOT NEW.student_id
  OR (OLD.programme_id IS NOT NULL) IS NOT (NEW.programme_id IS NOT NULL)
BEGIN
UPDATE student_to_do SET programme_count = programme_count - 1
  WHERE OLD.programme_id IS NOT NULL
  AND student_id = (OLD.student_id);
UPDATE student_to_do SET programme_count = programme_count + 1
  WHERE NEW.programme_id IS NOT NULL
  AND student_id = (NEW.student_id);
END

CREATE TRIGGER count_supervisor_count_supervision_insert AFTER INSERT ON supervision
WHEN NEW.role = 'school_supervisor'
BEGIN
UPDATE student_to_do SET supervisor_count = supervisor_count + 1
  WHERE NEW.role = 'school_supervisor'
  AND student_id = (NEW.student_id);
END

CREATE TRIGGER count_supervisor_count_supervision_delete AFTER DELETE ON supervision
WHEN OLD.role = 'school_supervisor'
BEGIN
UPDATE student_to_do SET supervisor_count = supervisor_count - 1
  WHERE OLD.role = 'school_supervisor'
  AND student_id = (OLD.student_id);
END

CREATE TRIGGER count_supervisor_count_supervision_update AFTER UPDATE OF student_id, role ON supervision
WHEN OLD.student_id IS NOT NEW.student_id
  OR (OLD.role = 'school_supervisor') IS NOT (NEW.role = 'school_supervisor')
BEGIN
UPDATE student_to_do SET supervisor_count = supervisor_count - 1
  WHERE OLD.role = 'school_supervisor'
  AND student_id = (OLD.student_id);
UPDATE student_to_do SET supervisor_count = supervisor_count + 1
  WHERE NEW.role = 'school_supervisor'
  AND student_id = (NEW.student_id);
END

CREATE TRIGGER count_sitting_count_sitting_insert AFTER INSERT ON sitting
WHEN NEW.id IS NOT NULL
BEGIN
UPDATE student_to_do SET sitting_count = sitting_count + 1
  WHERE NEW.id IS NOT NULL
  AND student_id = (SELECT student_id FROM registration WHERE registration.id = NEW.registration_id);
END

CREATE TRIGGER count_sitting_count_sitting_delete AFTER DELETE ON sitting
WHEN OLD.id IS NOT NULL
BEGIN
UPDATE student_to_do SET sitting_count = sitting_count - 1
  WHERE OLD.id IS NOT NULL
  AND student_id = (SELECT student_id FROM registration WHERE registration.id = OLD.registration_id);
END

CREATE TRIGGER count_sitting_count_sitting_update AFTER UPDATE OF registration_id ON sitting
WHEN OLD.registration_id IS NOT NEW.registration_id
  OR (OLD.id IS NOT NULL) IS NOT (NEW.id IS NOT NULL)
BEGIN
UPDATE student_to_do SET sitting_count = sitting_count - 1
  WHERE OLD.id IS NOT NULL
  AND student_id = (SELECT student_id FROM registration WHERE registration.id = OLD.registration_id);
UPDATE student_to_do SET sitting_count = sitting_count + 1
  WHERE NEW.id IS NOT NULL
  AND student_id = (SELECT student_id FROM registration WHERE registration.id = NEW.registration_id);
END

CREATE TRIGGER count_code_count_login_code_insert AFTER INSERT ON login_code
WHEN (NEW.purpose = 'invitation' AND NEW.used_at IS NOT NULL)
BEGIN
UPDATE student_to_do SET code_count = code_count + 1
  WHERE (NEW.purpose = 'invitation' AND NEW.used_at IS NOT NULL)
  AND student_id = (SELECT student.id FROM student WHERE student.user_id = NEW.user_id);
END

CREATE TRIGGER count_code_count_login_code_delete AFTER DELETE ON login_code
WHEN (OLD.purpose = 'invitation' AND OLD.used_at IS NOT NULL)
BEGIN
UPDATE student_to_do SET code_count = code_count - 1
  WHERE (OLD.purpose = 'invitation' AND OLD.used_at IS NOT NULL)
  AND student_id = (SELECT student.id FROM student WHERE student.user_id = OLD.user_id);
END

CREATE TRIGGER count_code_count_login_code_update AFTER UPDATE OF user_id, used_at ON login_code
WHEN NOT (OLD.user_id IS NOT NEW.user_id OR OLD.purpose IS NOT NEW.purpose)
  AND ((OLD.purpose = 'invitation' AND OLD.used_at IS NOT NULL)) IS NOT ((NEW.purpose = 'invitation' AND NEW.used_at IS NOT NULL))
BEGIN
UPDATE student_to_do SET code_count = code_count - 1
  WHERE (OLD.purpose = 'invitation' AND OLD.used_at IS NOT NULL)
  AND student_id = (SELECT student.id FROM student WHERE student.user_id = OLD.user_id);
UPDATE student_to_do SET code_count = code_count + 1
  WHERE (NEW.purpose = 'invitation' AND NEW.used_at IS NOT NULL)
  AND student_id = (SELECT student.id FROM student WHERE student.user_id = NEW.user_id);
END

CREATE TRIGGER count_code_count_outbox_mail_insert AFTER INSERT ON outbox_mail
WHEN (NEW.login_code_id IS NOT NULL AND NEW.state IN ('waiting', 'sending', 'sent'))
BEGIN
UPDATE student_to_do SET code_count = code_count + 1
  WHERE (NEW.login_code_id IS NOT NULL AND NEW.state IN ('waiting', 'sending', 'sent'))
  AND student_id = (SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id WHERE code.id = NEW.login_code_id AND code.purpose = 'invitation');
END

CREATE TRIGGER count_code_count_outbox_mail_delete AFTER DELETE ON outbox_mail
WHEN (OLD.login_code_id IS NOT NULL AND OLD.state IN ('waiting', 'sending', 'sent'))
BEGIN
UPDATE student_to_do SET code_count = code_count - 1
  WHERE (OLD.login_code_id IS NOT NULL AND OLD.state IN ('waiting', 'sending', 'sent'))
  AND student_id = (SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id WHERE code.id = OLD.login_code_id AND code.purpose = 'invitation');
END

CREATE TRIGGER count_code_count_outbox_mail_update AFTER UPDATE OF login_code_id, state ON outbox_mail
WHEN OLD.login_code_id IS NOT NEW.login_code_id
  OR ((OLD.login_code_id IS NOT NULL AND OLD.state IN ('waiting', 'sending', 'sent'))) IS NOT ((NEW.login_code_id IS NOT NULL AND NEW.state IN ('waiting', 'sending', 'sent')))
BEGIN
UPDATE student_to_do SET code_count = code_count - 1
  WHERE (OLD.login_code_id IS NOT NULL AND OLD.state IN ('waiting', 'sending', 'sent'))
  AND student_id = (SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id WHERE code.id = OLD.login_code_id AND code.purpose = 'invitation');
UPDATE student_to_do SET code_count = code_count + 1
  WHERE (NEW.login_code_id IS NOT NULL AND NEW.state IN ('waiting', 'sending', 'sent'))
  AND student_id = (SELECT student.id FROM student JOIN login_code AS code ON code.user_id = student.user_id WHERE code.id = NEW.login_code_id AND code.purpose = 'invitation');
END

CREATE TRIGGER count_code_count_student_moved AFTER UPDATE OF user_id ON student
WHEN OLD.user_id IS NOT NEW.user_id
BEGIN
UPDATE student_to_do SET code_count = (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  WHERE student.id = student_to_do.student_id AND code.used_at IS NOT NULL)
+ (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  JOIN outbox_mail ON outbox_mail.login_code_id = code.id
  WHERE student.id = student_to_do.student_id AND state IN ('waiting', 'sending', 'sent'))
  WHERE student_id = NEW.id;
END

CREATE TRIGGER count_code_count_login_code_moved AFTER UPDATE OF user_id, purpose ON login_code
WHEN OLD.user_id IS NOT NEW.user_id OR OLD.purpose IS NOT NEW.purpose
BEGIN
UPDATE student_to_do SET code_count = (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  WHERE student.id = student_to_do.student_id AND code.used_at IS NOT NULL)
+ (SELECT count(*)
  FROM student JOIN login_code AS code ON code.user_id = student.user_id AND code.purpose = 'invitation'
  JOIN outbox_mail ON outbox_mail.login_code_id = code.id
  WHERE student.id = student_to_do.student_id AND state IN ('waiting', 'sending', 'sent'))
  WHERE student_id IN (SELECT id FROM student WHERE user_id IN (OLD.user_id, NEW.user_id));
END

CREATE TRIGGER count_sitting_count_registration_moved AFTER UPDATE OF student_id ON registration
WHEN OLD.student_id IS NOT NEW.student_id
BEGIN
UPDATE student_to_do SET sitting_count = (SELECT count(*) FROM sitting JOIN registration ON registration.id = registration_id
  WHERE registration.student_id = student_to_do.student_id)
  WHERE student_id IN (OLD.student_id, NEW.student_id);
END
