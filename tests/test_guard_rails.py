"""The rails along the road: a route, an action or a permission that was forgotten fails here.

Each guard is also shown something that is wrong, so that we know it can fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.actions.base.action import REGISTRY, Action, action
from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.entities.base import Model, metadata
from app.errors import NotAllowed
from app.pages.base.lists import ListPage
from app.permissions import READ, RIGHTS, ROLE_LABELS, Actor, Permission, Role, right
from app.scopes import SCOPES, Scope
from app.views import OTHERS, TABS

APP = Path(__file__).parent.parent / "app"
TESTS = Path(__file__).parent
SENTENCE = re.compile(r"[A-Z][^.]{5,100}\.")

# Files that anybody may fetch; everything else is guarded by a decorator.
STATIC = {"static", "bootstrap.static"}
# The whole list of what somebody who is not signed in may ask for.
FOR_NOBODY = {
    "HealthPage.healthz",
    "HealthPage.readyz",
    "HealthPage.logo",
    "SignInPage.sign_in",
    "SignInPage.sign_out",
    "SignInPage.sign_in_with_code",
    "SignInPage.choose_language",
    "InvitationPage.enter",
    "InvitationPage.exchange",
    "InvitationPage.own",
    "StopChangePage.stop",
    "CalendarPage.feed",
    "SecondStepPage.second_step",
    "SecondStepPage.ask",
    "SecondStepPage.sign_in",
    "CodesPage.ask",
    "CodesPage.forgotten",
    "CodesPage.enter_code",
    "TypedPage.last",
    "TypedPage.form",
    "TypedPage.still_here",
}


def unguarded(app: Flask) -> list[str]:
    """Endpoints without @needs or @public."""
    return sorted(
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in STATIC and not hasattr(app.view_functions[rule.endpoint], "needs")
    )


def permission_of(app: Flask, endpoint: str) -> Permission | None:
    """The permission a route asks for; None: a public one."""
    function = app.view_functions[endpoint]
    needed = function.needs  # type: ignore[attr-defined]
    if needed == "nobody":
        return None
    return function.__self__.permission if needed == "page" else needed  # type: ignore[attr-defined, no-any-return]


def test_every_route_asks_for_a_permission_or_is_named_public(app: Flask) -> None:
    assert unguarded(app) == []


def test_the_route_guard_sees_a_route_without_a_permission(app: Flask) -> None:
    planted = Flask("planted")
    planted.add_url_rule("/open", "open", lambda: "all students")
    assert unguarded(planted) == ["open"]


def test_only_the_named_routes_are_public(app: Flask) -> None:
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in STATIC and permission_of(app, rule.endpoint) is None
    }
    assert public <= FOR_NOBODY, public - FOR_NOBODY


def test_every_permission_that_a_route_asks_for_is_in_the_table(app: Flask) -> None:
    asked = {permission_of(app, r.endpoint) for r in app.url_map.iter_rules() if r.endpoint not in STATIC}
    assert asked - {None} <= set(RIGHTS)


def test_every_permission_is_in_the_table_and_in_use(app: Flask) -> None:
    assert set(Permission) == set(RIGHTS)
    routes = {permission_of(app, r.endpoint) for r in app.url_map.iter_rules() if r.endpoint not in STATIC}
    actions = {act.permission for act in REGISTRY.values()}
    source = "\n".join(path.read_text() for path in APP.rglob("*.py") if path.name != "permissions.py")
    for permission in Permission:
        used = permission in routes | actions or re.search(rf"\b(Permission|P)\.{permission.name}\b", source)
        assert used, f"{permission} is in the table but nothing asks for it"


def test_every_permission_says_in_one_sentence_what_it_is_for() -> None:
    meanings = [permission.meaning for permission in Permission]
    assert [meaning for meaning in meanings if not SENTENCE.fullmatch(meaning)] == []
    assert len(set(meanings)) == len(meanings)


def test_a_permission_for_a_role_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="teacher"):
        right("students.plant", "Plant a student.", teacher=Scope.ALL)


def test_every_action_has_a_permission_of_the_table_and_a_label() -> None:
    assert REGISTRY
    for act in REGISTRY.values():
        assert act.permission in RIGHTS, act.name
        assert str(act.label).strip(), act.name


@pytest.mark.parametrize("role", list(Role))
def test_the_runner_itself_refuses_who_has_no_right_to_the_action(app: Flask, role: Role) -> None:
    """Whoever calls it: a page, a command or a job."""
    stranger = Actor(id=1, name="Iemand", roles=frozenset({role}))
    for act in [act for act in REGISTRY.values() if role not in RIGHTS[act.permission]]:
        with pytest.raises(NotAllowed):
            run(act, stranger, [1])


def test_two_actions_of_one_name_are_refused() -> None:
    def add_student(actor: Any) -> Outcome:
        return Outcome()

    add_student.__module__ = "planted"
    assert "add_student" in REGISTRY
    with pytest.raises(ValueError, match="two actions"):
        action("planted", permission=Permission.STUDENTS_EDIT)(add_student)


def test_every_action_on_rows_can_be_scoped_for_every_role_that_has_it() -> None:
    """A scope without a rule would show nothing; that must be a choice, never an oversight."""
    for act in REGISTRY.values():
        if act.on is None:
            continue
        for role, scope in RIGHTS[act.permission].items():
            assert scope is Scope.ALL or (act.on, scope) in SCOPES, (act.name, role, scope)


def test_every_row_that_can_be_read_has_a_rule_for_every_scope() -> None:
    for model, permission in READ.items():
        for role, scope in RIGHTS[permission].items():
            assert scope is Scope.ALL or (model, scope) in SCOPES, (model.__name__, role, scope)


def test_every_row_in_a_tick_box_or_a_title_says_what_it_is_called() -> None:
    listed = {page.datamodel.obj for page in list_pages() if page.row_label is ListPage.row_label}
    acted_on = {act.on for act in REGISTRY.values() if act.on is not None}
    assert [one.__name__ for one in listed | acted_on if one.__str__ is object.__str__] == []


def list_pages() -> list[type[ListPage]]:
    return [page for page in (*(tab.page for tab in TABS), *OTHERS) if issubclass(page, ListPage)]


def test_a_company_examiner_never_has_the_right_to_make_definitive() -> None:
    assert set(RIGHTS[Permission.ASSESSMENT_DEFINITIVE]) == {Role.SCHOOL_EXAMINER}


def test_the_exam_committee_has_no_right_that_an_action_asks_for() -> None:
    """It reads; its own profile and signing in are the only things it writes."""
    own = {Permission.PROFILE, Permission.START}
    for act in REGISTRY.values():
        if act.permission not in own:
            assert Role.EXAM_COMMITTEE not in RIGHTS[act.permission], act.name


def test_every_role_has_a_dutch_name() -> None:
    assert set(ROLE_LABELS) == set(Role)


def test_the_framework_holds_exactly_the_rights_of_the_table(app: Flask) -> None:
    from app.actions.users.roles import _stored_pairs, wanted_pairs
    from app.views import menu_permissions

    assert _stored_pairs() == {role.value: pairs for role, pairs in wanted_pairs(menu_permissions()).items()}


def test_every_tab_has_its_own_page() -> None:
    pages = [tab.page for tab in TABS]
    assert len(set(pages)) == len(pages)
    assert not set(pages) & set(OTHERS)


def test_table_names_are_unique() -> None:
    """The framework's base class merges two tables of one name without a word."""
    owners: dict[str, set[str]] = {}
    for mapper in Model.registry.mappers:
        name = mapper.local_table.name
        owners.setdefault(name, set()).add(f"{mapper.class_.__module__}.{mapper.class_.__name__}")
    twice = {name: who for name, who in owners.items() if len(who) > 1 and name != "ab_user"}
    assert twice == {}
    assert len(metadata.tables) >= len(owners)


# -- what may not stand in the source


def offending(pattern: str, files: Iterable[Path]) -> list[str]:
    wanted = re.compile(pattern)
    return [
        f"{path.relative_to(APP.parent)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if wanted.search(line)
    ]


def templates() -> Iterator[Path]:
    return APP.rglob("*.html")


def scripts() -> Iterator[Path]:
    return (APP / "static").glob("*.js")


def _sources(*but: str) -> Iterator[Path]:
    return (path for path in APP.rglob("*.py") if str(path.relative_to(APP)) not in but)


def _beside_the_demo() -> Iterator[Path]:
    return (path for path in _sources() if path.parent.name != "demo")


def _tests() -> Iterator[Path]:
    """All but the tests' own clock and this file, which names what it looks for."""
    return (path for path in TESTS.rglob("*.py") if path not in (TESTS / "support/clock.py", Path(__file__)))


# "Today" is the school's day; the day in UTC is another one for an hour or two each night.
CLOCK = r"\b(datetime\.(now|today)|date\.today|time\.time|(local|gm|utc)(now|time))\(|func\.now|CURRENT_TIME"

# Of a text; search.js reads a page of ours as a page.
HTML = (
    r"(inner|outer|set|Adjacent)HTML|document\.write|createContextualFragment|srcdoc"
    r"|DOMParser(?!\(\)\.parseFromString\(page, )"
)
# A statement or a part of one that is not one constant text, or that goes past SQLAlchemy.
SQL = (
    r"((sa|db)\.text|literal_column|exec_driver_sql)\((?!\"[^\"{%]*\"\))|\bDDL\(|\.cursor\(\)"
    r"|from sqlalchemy[\w.]* import .*\btext\b"
)
RUN = (
    r"(?<![\w.])(eval|exec|Function)\(|\b(window|globalThis|builtins)\.(eval|exec|Function)\b"
    r"|\bset(Timeout|Interval)\(\s*[\"'`]"
)
SCRIPT = r"<script(?![^>]*\bsrc=[^>]*\bnonce=[^>]*></script>)|javascript:"
FILLED = r"\b(_|_l|N_)\((\"[^\"]*\"( *[+%]|\.)|[rf]+\")"
NONCE = r"\b(nonce|chance) = (?!secrets\.token_(hex|urlsafe)\(32\)|codes\.mailed_nonce\(\))"
PROCESS = r"subprocess|os\.(system|popen|exec|spawn|posix_spawn)|from os import .*\b(system|popen|exec|spawn)"

WRITES_MEMBERS = (
    "entities/students.py",
    "entities/membership.py",
    "actions/groups/groups.py",
    "actions/groups/members.py",
    "actions/groups/rule.py",
    "actions/students/students.py",
    "actions/students/couplings.py",
    "queries/students/couplings.py",
    "imports/write_groups.py",
    "imports/write_students.py",
    "demo/students.py",
    "actions/students/removal.py",
    "imports/undo_groups.py",
    "imports/undo_students.py",
    "queries/imports/undo.py",
)

RULES: list[tuple[str, str, Callable[[], Iterable[Path]]]] = [
    ("an inline event handler", r"\son[a-z]+\s*=", templates),
    ("an inline style", r"\sstyle\s*=", templates),
    ("a script in a page", SCRIPT, templates),
    ("a value in an attribute without quotes", r"\s[\w-]+=\{\{", templates),
    ("a form that the browser fills in by itself", r"<form\b(?![^>]*\sautocomplete=\"off\")", templates),
    ("raw text in a template", r"\|\s*safe\b|autoescape", templates),
    ("a template out of a text", r"render_template_string|from_string\(|\bTemplate\(", _sources),
    ("HTML out of a script", HTML, scripts),
    ("a text that is run", RUN, lambda: (*_sources(), *scripts())),
    ("a script that hears messages", r"postMessage|onmessage|[\"'`]message[\"'`]", scripts),
    ("a script in the way of pasting", r"(?i)paste", scripts),
    ("a store that outlives the tab", r"localStorage|indexedDB|document\.cookie|\bcaches\b", scripts),
    ("another process", PROCESS, lambda: _sources("imports/reader.py", "backup/postgresql.py")),
    (
        "a request to elsewhere",
        r"\burlopen|urllib\.request|\b(import|from) (requests|httpx|http)\b",
        _sources,
    ),
    ("a debugger", r"DebuggedApplication|\bpdb\b|\bbreakpoint\(|\.debug = |debug=True", _sources),
    ("objects out of bytes", r"\b(pickle|marshal|shelve)\b|yaml", _sources),
    ("a weak hash", r"(?i)\b(hashlib\.)?(md5|sha1|crc32)\b", _sources),
    ("a password hashed in a way of its own", r"generate_password_hash\([^\n]*method", _sources),
    ("chance that can be foreseen", r"\bimport random\b|from random\b", _beside_the_demo),
    ("a nonce of fewer bits", NONCE, lambda: _sources("sealing.py")),
    ("SQL out of a text", SQL, lambda: _sources("entities/engine.py", "database.py", "backup/postgresql.py")),
    (
        "a value in a sentence before it is translated",
        r"\b(_|_l|N_)\((\"[^\"]*\"( *[+%]|\.)|[rf]+\")",
        _sources,
    ),
    ("a page from elsewhere", r"(src|href)=\"(https?:)?//", templates),
    ("jQuery or Bootstrap 3", r"jquery|data-toggle=|glyphicon|panel-heading|col-xs-", templates),
    # patience.py ends what only read; it writes nothing.
    (
        "commit outside the runner",
        r"\.commit\(\)",
        lambda: _sources("entities/engine.py", "entities/patience.py"),
    ),
    ("raw markup", r"\bMarkup\b", lambda: _sources("theme/icons.py")),
    # Who is in a group says entities/membership.py; these write who was put in one.
    ("reading of who was put in a group", r"\bgroup_member\b", lambda: _sources(*WRITES_MEMBERS)),
    # `num` of an ngettext is written "100.050" (actions/base/wording.py); these would write it themselves.
    (
        "plural past ngettext",
        r"ungettext|npgettext|%\(num\)[^s]|\bpluralize\b",
        lambda: (*_sources("actions/base/wording.py"), *templates()),
    ),
    ("the clock of the machine", CLOCK, lambda: _sources("clock.py")),
    ("the clock of the machine in a test", CLOCK + r"|\bnow\(\)\.date\(\)", _tests),
]


@pytest.mark.parametrize(("what", "pattern", "files"), RULES, ids=[rule[0] for rule in RULES])
def test_the_source_holds_no(what: str, pattern: str, files: Callable[[], Iterable[Path]]) -> None:
    assert offending(pattern, files()) == []


PLANTED = {
    "an inline event handler": '<a onclick="x()">',
    "an inline style": '<p style="color: red">',
    "a script in a page": '<script nonce="{{ csp_nonce() }}">const name = "{{ name }}";</script>',
    "a value in an attribute without quotes": "<p data-name={{ name }}>",
    "a form that the browser fills in by itself": '<form method="post" action="{{ href }}" data-once>',
    "raw text in a template": "{% autoescape false %}{{ name }}{% endautoescape %}",
    "a template out of a text": "flask.render_template_string(typed)",
    "HTML out of a script": "place.innerHTML = answer;",
    "a text that is run": "new Function(typed)",
    "a script that hears messages": 'window.addEventListener("message", take);',
    "a script in the way of pasting": 'box.addEventListener("paste", refuse);',
    "a store that outlives the tab": "localStorage.setItem(name, typed)",
    "another process": "os.system(typed)",
    "a request to elsewhere": "urllib.request.urlopen(typed)",
    "a debugger": "app.debug = True",
    "objects out of bytes": "pickle.loads(sent)",
    "a weak hash": "hashlib.md5(token)",
    "a password hashed in a way of its own": 'generate_password_hash(typed, method="pbkdf2:sha256:1")',
    "chance that can be foreseen": "import random",
    "a nonce of fewer bits": "nonce = secrets.token_hex(8)",
    "SQL out of a text": "sa.text(f\"last_name = '{typed}'\")",
    "a value in a sentence before it is translated": '_(f"Hallo {name}")',
    "a page from elsewhere": '<script src="https://cdn.example.nl/x.js">',
    "jQuery or Bootstrap 3": '<div class="col-xs-4">',
    "commit outside the runner": "db.session.commit()",
    "raw markup": "Markup('<b>%s</b>' % name)",
    "reading of who was put in a group": "select(group_member.c.student_id)",
    "plural past ngettext": "{% trans count=n %}{{ count }} rij{% pluralize %}rijen{% endtrans %}",
    "the clock of the machine": "date.today()",
    "the clock of the machine in a test": "clock.now().date()",
}


@pytest.mark.parametrize(("what", "pattern", "files"), RULES, ids=[rule[0] for rule in RULES])
def test_the_source_rule_sees(what: str, pattern: str, files: Any, tmp_path: Path) -> None:
    assert re.search(pattern, PLANTED[what])


def test_an_action_object_is_what_a_page_offers() -> None:
    for tab in TABS:
        for item in (*getattr(tab.page, "bulk", ()), *getattr(tab.page, "other_actions", ())):
            assert isinstance(item, Action)
