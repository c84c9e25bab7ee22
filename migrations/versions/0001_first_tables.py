"""The first tables, and the triggers that make the audit trail append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ab_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('label', sa.String(length=150), nullable=True),
    sa.Column('description', sa.String(length=512), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_group')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_group_name'))
    )
    op.create_table('ab_permission',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_permission_name'))
    )
    op.create_table('ab_register_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('password', sa.String(length=256), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('registration_date', sa.DateTime(), nullable=True),
    sa.Column('registration_hash', sa.String(length=256), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_register_user')),
    sa.UniqueConstraint('email', name=op.f('uq_ab_register_user_email')),
    sa.UniqueConstraint('username', name=op.f('uq_ab_register_user_username'))
    )
    op.create_table('ab_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_role')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_role_name'))
    )
    op.create_table('ab_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('password', sa.String(length=256), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('last_login', sa.DateTime(), nullable=True),
    sa.Column('login_count', sa.Integer(), nullable=True),
    sa.Column('fail_login_count', sa.Integer(), nullable=True),
    sa.Column('created_on', sa.DateTime(), nullable=True),
    sa.Column('changed_on', sa.DateTime(), nullable=True),
    sa.Column('created_by_fk', sa.Integer(), nullable=True),
    sa.Column('changed_by_fk', sa.Integer(), nullable=True),
    sa.Column('infix', sa.String(length=20), server_default='', nullable=False),
    sa.Column('phone', sa.String(length=30), server_default='', nullable=False),
    sa.Column('organisation', sa.String(length=120), server_default='', nullable=False),
    sa.Column('language', sa.String(length=5), server_default='', nullable=False),
    sa.Column('session_epoch', sa.Integer(), server_default='0', nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['changed_by_fk'], ['ab_user.id'], name=op.f('fk_ab_user_changed_by_fk')),
    sa.ForeignKeyConstraint(['created_by_fk'], ['ab_user.id'], name=op.f('fk_ab_user_created_by_fk')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user')),
    sa.UniqueConstraint('email', name=op.f('uq_ab_user_email')),
    sa.UniqueConstraint('username', name=op.f('uq_ab_user_username'))
    )
    op.create_table('ab_view_menu',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=250), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_view_menu')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_view_menu_name'))
    )
    op.create_table('action_run',
    sa.Column('token', sa.String(length=43), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('outcome', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_action_run'))
    )
    op.create_table('audit_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(length=200), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('object_type', sa.String(length=40), nullable=False),
    sa.Column('object_count', sa.Integer(), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('previous_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
    sa.UniqueConstraint('hash', name=op.f('uq_audit_entry_hash'))
    )
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_entry_action'), ['action'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_entry_actor_id'), ['actor_id'], unique=False)

    op.create_table('elective',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=10), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('hours', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_elective')),
    sa.UniqueConstraint('code', name=op.f('uq_elective_code'))
    )
    with op.batch_alter_table('elective', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_elective_name'), ['name'], unique=False)

    op.create_table('programme',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('crebo', sa.String(length=5), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('learning_path', sa.String(length=10), nullable=False),
    sa.Column('cohort', sa.Integer(), nullable=False),
    sa.Column('file_crebo', sa.String(length=5), nullable=False),
    sa.CheckConstraint('level BETWEEN 1 AND 4', name=op.f('ck_programme_level')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme')),
    sa.UniqueConstraint('crebo', 'cohort', name=op.f('uq_programme_crebo_cohort'))
    )
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_programme_name'), ['name'], unique=False)

    op.create_table('sign_in_attempt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_attempt'))
    )
    with op.batch_alter_table('sign_in_attempt', schema=None) as batch_op:
        batch_op.create_index('ix_sign_in_attempt_account_at', ['account', 'at'], unique=False)
        batch_op.create_index('ix_sign_in_attempt_address_at', ['address', 'at'], unique=False)

    op.create_table('student_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('cohort', sa.Integer(), nullable=True),
    sa.Column('location', sa.String(length=80), nullable=False),
    sa.Column('school_year', sa.String(length=9), nullable=False),
    sa.Column('colour', sa.String(length=20), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_student_group')),
    sa.UniqueConstraint('name', name=op.f('uq_student_group_name'))
    )
    op.create_table('system_update',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('published_on', sa.Date(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_system_update'))
    )
    with op.batch_alter_table('system_update', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_system_update_published_on'), ['published_on'], unique=False)

    op.create_table('ab_api_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('name', sa.String(length=256), nullable=False),
    sa.Column('key_hash', sa.String(length=256), nullable=False),
    sa.Column('lookup_hash', sa.String(length=256), nullable=True),
    sa.Column('key_prefix', sa.String(length=16), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_on', sa.DateTime(), nullable=True),
    sa.Column('expires_on', sa.DateTime(), nullable=True),
    sa.Column('revoked_on', sa.DateTime(), nullable=True),
    sa.Column('last_used_on', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_api_key_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_api_key')),
    sa.UniqueConstraint('lookup_hash', name=op.f('uq_ab_api_key_lookup_hash')),
    sa.UniqueConstraint('uuid', name=op.f('uq_ab_api_key_uuid'))
    )
    with op.batch_alter_table('ab_api_key', schema=None) as batch_op:
        batch_op.create_index('idx_api_key_lookup_hash', ['lookup_hash'], unique=True)
        batch_op.create_index('idx_api_key_prefix', ['key_prefix'], unique=False)
        batch_op.create_index('idx_api_key_user_id', ['user_id'], unique=False)

    op.create_table('ab_group_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], name=op.f('fk_ab_group_role_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_group_role_role_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_group_role')),
    sa.UniqueConstraint('group_id', 'role_id', name=op.f('uq_ab_group_role_group_id_role_id'))
    )
    with op.batch_alter_table('ab_group_role', schema=None) as batch_op:
        batch_op.create_index('idx_group_id', ['group_id'], unique=False)
        batch_op.create_index('idx_group_role_id', ['role_id'], unique=False)

    op.create_table('ab_permission_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('permission_id', sa.Integer(), nullable=False),
    sa.Column('view_menu_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['permission_id'], ['ab_permission.id'], name=op.f('fk_ab_permission_view_permission_id')),
    sa.ForeignKeyConstraint(['view_menu_id'], ['ab_view_menu.id'], name=op.f('fk_ab_permission_view_view_menu_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission_view')),
    sa.UniqueConstraint('permission_id', 'view_menu_id', name=op.f('uq_ab_permission_view_permission_id_view_menu_id'))
    )
    with op.batch_alter_table('ab_permission_view', schema=None) as batch_op:
        batch_op.create_index('idx_permission_id', ['permission_id'], unique=False)
        batch_op.create_index('idx_view_menu_id', ['view_menu_id'], unique=False)

    op.create_table('ab_user_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], name=op.f('fk_ab_user_group_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_user_group_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user_group')),
    sa.UniqueConstraint('user_id', 'group_id', name=op.f('uq_ab_user_group_user_id_group_id'))
    )
    with op.batch_alter_table('ab_user_group', schema=None) as batch_op:
        batch_op.create_index('idx_user_group_id', ['group_id'], unique=False)
        batch_op.create_index('idx_user_id', ['user_id'], unique=False)

    op.create_table('ab_user_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_user_role_role_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_user_role_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user_role')),
    sa.UniqueConstraint('user_id', 'role_id', name=op.f('uq_ab_user_role_user_id_role_id'))
    )
    op.create_table('audit_object',
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('object_type', sa.String(length=40), nullable=False),
    sa.Column('object_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['audit_entry.id'], name=op.f('fk_audit_object_entry_id')),
    sa.PrimaryKeyConstraint('entry_id', 'object_type', 'object_id', name=op.f('pk_audit_object'))
    )
    with op.batch_alter_table('audit_object', schema=None) as batch_op:
        batch_op.create_index('ix_audit_object_row', ['object_type', 'object_id'], unique=False)

    op.create_table('conditional_assignment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('elective_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['elective_id'], ['elective.id'], name=op.f('fk_conditional_assignment_elective_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conditional_assignment')),
    sa.UniqueConstraint('elective_id', 'position', name=op.f('uq_conditional_assignment_elective_id_position'))
    )
    op.create_table('core_task',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=True),
    sa.Column('elective_id', sa.Integer(), nullable=True),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.CheckConstraint('(programme_id IS NULL) <> (elective_id IS NULL)', name=op.f('ck_core_task_one_owner')),
    sa.ForeignKeyConstraint(['elective_id'], ['elective.id'], name=op.f('fk_core_task_elective_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_core_task_programme_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_task')),
    sa.UniqueConstraint('elective_id', 'code', name=op.f('uq_core_task_elective_id_code')),
    sa.UniqueConstraint('programme_id', 'code', name=op.f('uq_core_task_programme_id_code'))
    )
    op.create_table('import_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('maker_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('file_hash', sa.String(length=64), nullable=False),
    sa.Column('login_codes', sa.String(length=10), nullable=False),
    sa.Column('stage', sa.String(length=10), nullable=False),
    sa.Column('table', sa.JSON(), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('header_key', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("stage IN ('mapping', 'values', 'check', 'done')", name=op.f('ck_import_run_stage')),
    sa.ForeignKeyConstraint(['maker_id'], ['ab_user.id'], name=op.f('fk_import_run_maker_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_run'))
    )
    with op.batch_alter_table('import_run', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_import_run_header_key'), ['header_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_import_run_maker_id'), ['maker_id'], unique=False)

    op.create_table('library_document',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('content_type', sa.String(length=100), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('uploaded_by_id', sa.Integer(), nullable=True),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['uploaded_by_id'], ['ab_user.id'], name=op.f('fk_library_document_uploaded_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_library_document'))
    )
    op.create_table('login_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_login_code_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_code'))
    )
    with op.batch_alter_table('login_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_login_code_user_id'), ['user_id'], unique=False)

    op.create_table('programme_elective',
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('elective_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['elective_id'], ['elective.id'], name=op.f('fk_programme_elective_elective_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_programme_elective_programme_id')),
    sa.PrimaryKeyConstraint('programme_id', 'elective_id', name=op.f('pk_programme_elective'))
    )
    with op.batch_alter_table('programme_elective', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_programme_elective_elective_id'), ['elective_id'], unique=False)

    op.create_table('student',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('first_name', sa.String(length=80), nullable=False),
    sa.Column('infix', sa.String(length=20), nullable=False),
    sa.Column('last_name', sa.String(length=120), nullable=False),
    sa.Column('gender', sa.Enum('female', 'male', 'other', 'unknown', name='gender', native_enum=False, length=10), nullable=False),
    sa.Column('birth_date', sa.Date(), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('search', sa.String(length=500), nullable=False),
    sa.Column('progress_available', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_student_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_student')),
    sa.UniqueConstraint('number', name=op.f('uq_student_number')),
    sa.UniqueConstraint('user_id', name=op.f('uq_student_user_id'))
    )
    with op.batch_alter_table('student', schema=None) as batch_op:
        batch_op.create_index('ix_student_last_name', ['last_name', 'first_name', 'id'], unique=False)

    op.create_table('system_update_read',
    sa.Column('update_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['update_id'], ['system_update.id'], name=op.f('fk_system_update_read_update_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_system_update_read_user_id')),
    sa.PrimaryKeyConstraint('update_id', 'user_id', name=op.f('pk_system_update_read'))
    )
    op.create_table('user_programme',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_user_programme_programme_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_user_programme_user_id')),
    sa.PrimaryKeyConstraint('user_id', 'programme_id', name=op.f('pk_user_programme'))
    )
    with op.batch_alter_table('user_programme', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_programme_programme_id'), ['programme_id'], unique=False)

    op.create_table('ab_permission_view_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('permission_view_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['permission_view_id'], ['ab_permission_view.id'], name=op.f('fk_ab_permission_view_role_permission_view_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_permission_view_role_role_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission_view_role')),
    sa.UniqueConstraint('permission_view_id', 'role_id', name=op.f('uq_ab_permission_view_role_permission_view_id_role_id'))
    )
    with op.batch_alter_table('ab_permission_view_role', schema=None) as batch_op:
        batch_op.create_index('idx_permission_view_id', ['permission_view_id'], unique=False)
        batch_op.create_index('idx_role_id', ['role_id'], unique=False)

    op.create_table('assignment_done',
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('assignment_id', sa.Integer(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['assignment_id'], ['conditional_assignment.id'], name=op.f('fk_assignment_done_assignment_id')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['ab_user.id'], name=op.f('fk_assignment_done_recorded_by_id')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_assignment_done_student_id')),
    sa.PrimaryKeyConstraint('student_id', 'assignment_id', name=op.f('pk_assignment_done'))
    )
    op.create_table('enrolment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=True),
    sa.Column('elective_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(programme_id IS NULL) <> (elective_id IS NULL)', name=op.f('ck_enrolment_one_target')),
    sa.ForeignKeyConstraint(['elective_id'], ['elective.id'], name=op.f('fk_enrolment_elective_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_enrolment_programme_id')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_enrolment_student_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrolment'))
    )
    with op.batch_alter_table('enrolment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_enrolment_student_id'), ['student_id'], unique=False)
        batch_op.create_index('uq_enrolment_elective', ['elective_id', 'student_id'], unique=True, sqlite_where=sa.text('elective_id IS NOT NULL'), postgresql_where=sa.text('elective_id IS NOT NULL'))
        batch_op.create_index('uq_enrolment_programme', ['programme_id', 'student_id'], unique=True, sqlite_where=sa.text('programme_id IS NOT NULL'), postgresql_where=sa.text('programme_id IS NOT NULL'))

    op.create_table('exam',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.Enum('proeve', 'werkstuk', 'keuzedeelexamen', name='examkind', native_enum=False, length=20), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('place', sa.String(length=60), nullable=False),
    sa.Column('duration_minutes', sa.Integer(), nullable=False),
    sa.Column('current', sa.Boolean(), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=True),
    sa.Column('elective_id', sa.Integer(), nullable=True),
    sa.Column('core_task_id', sa.Integer(), nullable=True),
    sa.Column('rule_model', sa.String(length=40), nullable=False),
    sa.Column('rule_parameters', sa.JSON(), nullable=False),
    sa.CheckConstraint('(programme_id IS NULL) <> (elective_id IS NULL)', name=op.f('ck_exam_one_owner')),
    sa.ForeignKeyConstraint(['core_task_id'], ['core_task.id'], name=op.f('fk_exam_core_task_id')),
    sa.ForeignKeyConstraint(['elective_id'], ['elective.id'], name=op.f('fk_exam_elective_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_exam_programme_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exam')),
    sa.UniqueConstraint('key', 'version', name=op.f('uq_exam_key_version'))
    )
    with op.batch_alter_table('exam', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_exam_elective_id'), ['elective_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_exam_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_exam_title'), ['title'], unique=False)

    op.create_table('library_placement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=30), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['library_document.id'], name=op.f('fk_library_placement_document_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_library_placement')),
    sa.UniqueConstraint('document_id', 'role', name=op.f('uq_library_placement_document_id_role'))
    )
    with op.batch_alter_table('library_placement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_library_placement_role'), ['role'], unique=False)

    op.create_table('outbox_mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('dedupe_key', sa.String(length=120), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('to_address', sa.String(length=254), nullable=False),
    sa.Column('to_user_id', sa.Integer(), nullable=True),
    sa.Column('login_code_id', sa.Integer(), nullable=True),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'cancelled')", name=op.f('ck_outbox_mail_state')),
    sa.ForeignKeyConstraint(['login_code_id'], ['login_code.id'], name=op.f('fk_outbox_mail_login_code_id')),
    sa.ForeignKeyConstraint(['to_user_id'], ['ab_user.id'], name=op.f('fk_outbox_mail_to_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_mail')),
    sa.UniqueConstraint('dedupe_key', name=op.f('uq_outbox_mail_dedupe_key'))
    )
    with op.batch_alter_table('outbox_mail', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outbox_mail_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_outbox_mail_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_outbox_mail_to_user_id'), ['to_user_id'], unique=False)

    op.create_table('student_group_member',
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['student_group.id'], name=op.f('fk_student_group_member_group_id')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_student_group_member_student_id')),
    sa.PrimaryKeyConstraint('group_id', 'student_id', name=op.f('pk_student_group_member'))
    )
    with op.batch_alter_table('student_group_member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_student_group_member_student_id'), ['student_id'], unique=False)

    op.create_table('supervision',
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=30), nullable=False),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_supervision_student_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_supervision_user_id')),
    sa.PrimaryKeyConstraint('student_id', 'user_id', 'role', name=op.f('pk_supervision'))
    )
    with op.batch_alter_table('supervision', schema=None) as batch_op:
        batch_op.create_index('ix_supervision_user_role', ['user_id', 'role', 'student_id'], unique=False)

    op.create_table('work_process',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('core_task_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['core_task_id'], ['core_task.id'], name=op.f('fk_work_process_core_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_work_process')),
    sa.UniqueConstraint('core_task_id', 'code', name=op.f('uq_work_process_core_task_id_code'))
    )
    op.create_table('exam_exclusion',
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('exam_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['exam_id'], ['exam.id'], name=op.f('fk_exam_exclusion_exam_id')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_exam_exclusion_student_id')),
    sa.PrimaryKeyConstraint('student_id', 'exam_id', name=op.f('pk_exam_exclusion'))
    )
    with op.batch_alter_table('exam_exclusion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_exam_exclusion_exam_id'), ['exam_id'], unique=False)

    op.create_table('exam_task',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('exam_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('instruction', sa.Text(), nullable=False),
    sa.Column('duration_minutes', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['exam_id'], ['exam.id'], name=op.f('fk_exam_task_exam_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exam_task')),
    sa.UniqueConstraint('exam_id', 'position', name=op.f('uq_exam_task_exam_id_position'))
    )
    op.create_table('progress_measure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('work_process_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('rating', sa.Integer(), nullable=False),
    sa.Column('rated_by_id', sa.Integer(), nullable=False),
    sa.Column('rated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('baseline', 'progress')", name=op.f('ck_progress_measure_kind')),
    sa.CheckConstraint('rating BETWEEN 0 AND 3', name=op.f('ck_progress_measure_rating')),
    sa.ForeignKeyConstraint(['rated_by_id'], ['ab_user.id'], name=op.f('fk_progress_measure_rated_by_id')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_progress_measure_student_id')),
    sa.ForeignKeyConstraint(['work_process_id'], ['work_process.id'], name=op.f('fk_progress_measure_work_process_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_progress_measure')),
    sa.UniqueConstraint('student_id', 'work_process_id', 'kind', 'rated_by_id', name=op.f('uq_progress_measure_student_id_work_process_id_kind_rated_by_id'))
    )
    op.create_table('registration',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('exam_id', sa.Integer(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('attempt >= 1', name=op.f('ck_registration_attempt')),
    sa.ForeignKeyConstraint(['exam_id'], ['exam.id'], name=op.f('fk_registration_exam_id')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_registration_student_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration')),
    sa.UniqueConstraint('student_id', 'exam_id', 'attempt', name=op.f('uq_registration_student_id_exam_id_attempt'))
    )
    with op.batch_alter_table('registration', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_registration_exam_id'), ['exam_id'], unique=False)

    op.create_table('criterion',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('exam_task_id', sa.Integer(), nullable=False),
    sa.Column('work_process_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('critical', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['exam_task_id'], ['exam_task.id'], name=op.f('fk_criterion_exam_task_id')),
    sa.ForeignKeyConstraint(['work_process_id'], ['work_process.id'], name=op.f('fk_criterion_work_process_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_criterion')),
    sa.UniqueConstraint('exam_task_id', 'position', name=op.f('uq_criterion_exam_task_id_position'))
    )
    with op.batch_alter_table('criterion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_criterion_work_process_id'), ['work_process_id'], unique=False)

    op.create_table('result',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('passed', sa.Boolean(), nullable=False),
    sa.Column('grade', sa.String(length=1), nullable=False),
    sa.Column('mark', sa.Numeric(precision=3, scale=1), nullable=True),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('max_points', sa.Integer(), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_result_registration_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_result')),
    sa.UniqueConstraint('registration_id', name=op.f('uq_result_registration_id'))
    )
    op.create_table('sitting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('exam_task_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('location', sa.String(length=120), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_sitting_order')),
    sa.ForeignKeyConstraint(['exam_task_id'], ['exam_task.id'], name=op.f('fk_sitting_exam_task_id')),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_sitting_registration_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sitting')),
    sa.UniqueConstraint('registration_id', 'exam_task_id', name=op.f('uq_sitting_registration_id_exam_task_id'))
    )
    with op.batch_alter_table('sitting', schema=None) as batch_op:
        batch_op.create_index('ix_sitting_starts_at', ['starts_at'], unique=False)

    op.create_table('adoption',
    sa.Column('result_id', sa.Integer(), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('recorded_by_id', sa.Integer(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['ab_user.id'], name=op.f('fk_adoption_recorded_by_id')),
    sa.ForeignKeyConstraint(['result_id'], ['result.id'], name=op.f('fk_adoption_result_id')),
    sa.PrimaryKeyConstraint('result_id', name=op.f('pk_adoption'))
    )
    op.create_table('assessment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sitting_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('definitive_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('definitive_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(definitive_at IS NULL) = (definitive_by_id IS NULL)', name=op.f('ck_assessment_definitive')),
    sa.ForeignKeyConstraint(['definitive_by_id'], ['ab_user.id'], name=op.f('fk_assessment_definitive_by_id')),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_assessment_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment')),
    sa.UniqueConstraint('sitting_id', name=op.f('uq_assessment_sitting_id'))
    )
    op.create_table('criterion_level',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('criterion_id', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=40), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['criterion_id'], ['criterion.id'], name=op.f('fk_criterion_level_criterion_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_criterion_level')),
    sa.UniqueConstraint('criterion_id', 'points', name=op.f('uq_criterion_level_criterion_id_points'))
    )
    op.create_table('sitting_examiner',
    sa.Column('sitting_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=30), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("role IN ('school_examiner', 'company_examiner')", name=op.f('ck_sitting_examiner_role')),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_sitting_examiner_sitting_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_sitting_examiner_user_id')),
    sa.PrimaryKeyConstraint('sitting_id', 'role', name=op.f('pk_sitting_examiner')),
    sa.UniqueConstraint('sitting_id', 'user_id', name=op.f('uq_sitting_examiner_sitting_id_user_id'))
    )
    with op.batch_alter_table('sitting_examiner', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sitting_examiner_user_id'), ['user_id'], unique=False)

    op.create_table('score_sheet',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('assessment_id', sa.Integer(), nullable=False),
    sa.Column('examiner_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=30), nullable=False),
    sa.Column('remark', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_score_sheet_assessment_id')),
    sa.ForeignKeyConstraint(['examiner_id'], ['ab_user.id'], name=op.f('fk_score_sheet_examiner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_sheet')),
    sa.UniqueConstraint('assessment_id', 'examiner_id', name=op.f('uq_score_sheet_assessment_id_examiner_id'))
    )
    with op.batch_alter_table('score_sheet', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_score_sheet_examiner_id'), ['examiner_id'], unique=False)

    op.create_table('score',
    sa.Column('sheet_id', sa.Integer(), nullable=False),
    sa.Column('criterion_id', sa.Integer(), nullable=False),
    sa.Column('level_id', sa.Integer(), nullable=True),
    sa.Column('remark', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['criterion_id'], ['criterion.id'], name=op.f('fk_score_criterion_id')),
    sa.ForeignKeyConstraint(['level_id'], ['criterion_level.id'], name=op.f('fk_score_level_id')),
    sa.ForeignKeyConstraint(['sheet_id'], ['score_sheet.id'], name=op.f('fk_score_sheet_id')),
    sa.PrimaryKeyConstraint('sheet_id', 'criterion_id', name=op.f('pk_score'))
    )
    protect_trail()


def downgrade() -> None:
    unprotect_trail()
    op.drop_table('score')
    with op.batch_alter_table('score_sheet', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_score_sheet_examiner_id'))

    op.drop_table('score_sheet')
    with op.batch_alter_table('sitting_examiner', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sitting_examiner_user_id'))

    op.drop_table('sitting_examiner')
    op.drop_table('criterion_level')
    op.drop_table('assessment')
    op.drop_table('adoption')
    with op.batch_alter_table('sitting', schema=None) as batch_op:
        batch_op.drop_index('ix_sitting_starts_at')

    op.drop_table('sitting')
    op.drop_table('result')
    with op.batch_alter_table('criterion', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_criterion_work_process_id'))

    op.drop_table('criterion')
    with op.batch_alter_table('registration', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_registration_exam_id'))

    op.drop_table('registration')
    op.drop_table('progress_measure')
    op.drop_table('exam_task')
    with op.batch_alter_table('exam_exclusion', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_exam_exclusion_exam_id'))

    op.drop_table('exam_exclusion')
    op.drop_table('work_process')
    with op.batch_alter_table('supervision', schema=None) as batch_op:
        batch_op.drop_index('ix_supervision_user_role')

    op.drop_table('supervision')
    with op.batch_alter_table('student_group_member', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_student_group_member_student_id'))

    op.drop_table('student_group_member')
    with op.batch_alter_table('outbox_mail', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outbox_mail_to_user_id'))
        batch_op.drop_index(batch_op.f('ix_outbox_mail_state'))
        batch_op.drop_index(batch_op.f('ix_outbox_mail_created_at'))

    op.drop_table('outbox_mail')
    with op.batch_alter_table('library_placement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_library_placement_role'))

    op.drop_table('library_placement')
    with op.batch_alter_table('exam', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_exam_title'))
        batch_op.drop_index(batch_op.f('ix_exam_programme_id'))
        batch_op.drop_index(batch_op.f('ix_exam_elective_id'))

    op.drop_table('exam')
    with op.batch_alter_table('enrolment', schema=None) as batch_op:
        batch_op.drop_index('uq_enrolment_programme', sqlite_where=sa.text('programme_id IS NOT NULL'), postgresql_where=sa.text('programme_id IS NOT NULL'))
        batch_op.drop_index('uq_enrolment_elective', sqlite_where=sa.text('elective_id IS NOT NULL'), postgresql_where=sa.text('elective_id IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_enrolment_student_id'))

    op.drop_table('enrolment')
    op.drop_table('assignment_done')
    with op.batch_alter_table('ab_permission_view_role', schema=None) as batch_op:
        batch_op.drop_index('idx_role_id')
        batch_op.drop_index('idx_permission_view_id')

    op.drop_table('ab_permission_view_role')
    with op.batch_alter_table('user_programme', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_programme_programme_id'))

    op.drop_table('user_programme')
    op.drop_table('system_update_read')
    with op.batch_alter_table('student', schema=None) as batch_op:
        batch_op.drop_index('ix_student_last_name')

    op.drop_table('student')
    with op.batch_alter_table('programme_elective', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_programme_elective_elective_id'))

    op.drop_table('programme_elective')
    with op.batch_alter_table('login_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_login_code_user_id'))

    op.drop_table('login_code')
    op.drop_table('library_document')
    with op.batch_alter_table('import_run', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_import_run_maker_id'))
        batch_op.drop_index(batch_op.f('ix_import_run_header_key'))

    op.drop_table('import_run')
    op.drop_table('core_task')
    op.drop_table('conditional_assignment')
    with op.batch_alter_table('audit_object', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_object_row')

    op.drop_table('audit_object')
    op.drop_table('ab_user_role')
    with op.batch_alter_table('ab_user_group', schema=None) as batch_op:
        batch_op.drop_index('idx_user_id')
        batch_op.drop_index('idx_user_group_id')

    op.drop_table('ab_user_group')
    with op.batch_alter_table('ab_permission_view', schema=None) as batch_op:
        batch_op.drop_index('idx_view_menu_id')
        batch_op.drop_index('idx_permission_id')

    op.drop_table('ab_permission_view')
    with op.batch_alter_table('ab_group_role', schema=None) as batch_op:
        batch_op.drop_index('idx_group_role_id')
        batch_op.drop_index('idx_group_id')

    op.drop_table('ab_group_role')
    with op.batch_alter_table('ab_api_key', schema=None) as batch_op:
        batch_op.drop_index('idx_api_key_user_id')
        batch_op.drop_index('idx_api_key_prefix')
        batch_op.drop_index('idx_api_key_lookup_hash')

    op.drop_table('ab_api_key')
    with op.batch_alter_table('system_update', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_system_update_published_on'))

    op.drop_table('system_update')
    op.drop_table('student_group')
    with op.batch_alter_table('sign_in_attempt', schema=None) as batch_op:
        batch_op.drop_index('ix_sign_in_attempt_address_at')
        batch_op.drop_index('ix_sign_in_attempt_account_at')

    op.drop_table('sign_in_attempt')
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_programme_name'))

    op.drop_table('programme')
    with op.batch_alter_table('elective', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_elective_name'))

    op.drop_table('elective')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_actor_id'))
        batch_op.drop_index(batch_op.f('ix_audit_entry_action'))

    op.drop_table('audit_entry')
    op.drop_table('action_run')
    op.drop_table('ab_view_menu')
    op.drop_table('ab_user')
    op.drop_table('ab_role')
    op.drop_table('ab_register_user')
    op.drop_table('ab_permission')
    op.drop_table('ab_group')


TRAIL = ("audit_entry", "audit_object")
VERBS = ("update", "delete")


def protect_trail() -> None:
    """Both databases refuse to change the past."""
    if op.get_bind().dialect.name == "sqlite":
        for table in TRAIL:
            for verb in VERBS:
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
    )
    for table in TRAIL:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def unprotect_trail() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in TRAIL:
            for verb in VERBS:
                op.execute(f"DROP TRIGGER {table}_no_{verb}")
        return
    for table in TRAIL:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
