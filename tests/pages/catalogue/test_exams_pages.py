"""Examenbeheer (manual, step 2): filter on opleiding, and everything there is to know of an exam."""

from __future__ import annotations

from collections.abc import Callable

from app.entities.engine import transaction
from app.entities.exams import CriterionLevel, Exam
from app.entities.programmes import Programme, ProgrammeElective
from tests.factories import make_elective, make_exam, make_programme, make_user, save
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]


def offering(**values: object) -> tuple[Programme, Exam, Exam]:
    """A programme with an exam of its own and one of an elective it offers."""
    programme, elective = make_programme(**values), make_elective()
    save(ProgrammeElective(programme_id=programme.id, elective_id=elective.id))
    return programme, make_exam(programme), make_exam(elective)


def test_filtering_on_a_programme_gives_its_exams_and_those_of_its_electives(visit: Visit) -> None:
    programme, own, of_elective = offering()
    other = make_exam()
    page = visit("administrator").get(f"/examenbeheer/?opleiding={programme.id}").text
    assert f'href="/examenbeheer/{own.id}?opleiding=' in page
    assert f'href="/examenbeheer/{of_elective.id}?opleiding=' in page
    assert f'href="/examenbeheer/{other.id}?opleiding=' not in page


def test_kind_and_text_narrow_the_list_and_nonsense_finds_nothing(visit: Visit) -> None:
    own, of_elective = make_exam(title="Bedienen"), make_exam(make_elective(), title="Programmeren")
    visitor = visit("administrator")
    for query, shown in (
        ("soort=proeve", {own.id}),
        ("soort=keuzedeelexamen", {of_elective.id}),
        ("soort=iets", set()),
        ("opleiding=abc", set()),
        ("q=program", {of_elective.id}),
        ("q=%25", set()),
    ):
        page = visitor.get(f"/examenbeheer/?{query}").text
        for exam in (own, of_elective):
            assert (f'href="/examenbeheer/{exam.id}?' in page) == (exam.id in shown), query


def test_the_list_shows_the_current_version_and_its_page_names_the_others(visit: Visit) -> None:
    programme = make_programme()
    old = make_exam(programme, key="bediening", version="1.0", current=False)
    new = make_exam(programme, key="bediening", version="2.0")
    visitor = visit("administrator")
    page = visitor.get("/examenbeheer/").text
    assert f'href="/examenbeheer/{new.id}"' in page
    assert f'href="/examenbeheer/{old.id}"' not in page
    assert f'href="/examenbeheer/{old.id}">1.0</a>' in visitor.get(f"/examenbeheer/{new.id}").text
    assert "Eerdere versie" in visitor.get(f"/examenbeheer/{old.id}").text


def test_an_exam_shows_tasks_criteria_under_work_processes_levels_and_what_is_crucial(visit: Visit) -> None:
    exam = make_exam(tasks=2, criteria=2)
    first = exam.tasks[0].criteria[0]
    sufficient = first.levels[1]
    with transaction():
        first.critical, sufficient.description = True, "De tafels zijn op tijd gedekt."
    page = visit("administrator").get(f"/examenbeheer/{exam.id}").text
    assert "Opdracht 1: Opdracht 1" in page
    assert page.index("B1-K1-W1") < page.index("Opdracht 1, criterium 1") < page.index("B1-K1-W2")
    assert "De tafels zijn op tijd gedekt." in page
    assert page.count("Cruciaal") == 1
    assert "Een cruciaal criterium moet voldoende zijn. Anders is het hele examen onvoldoende." in page
    assert "<li>G als:<ul><li>elk criterium is voldoende</li><li>minstens 8 punten</li></ul></li>" in page
    assert page.count("0 punten · onvoldoende") == 4


def test_a_rule_that_cannot_be_read_is_told_so_and_the_page_is_there(visit: Visit) -> None:
    exam = make_exam(pass_rule={"scale": "mark", "step": []})
    for path in (f"/examenbeheer/{exam.id}", f"/examenbeheer/{exam.id}/formulier"):
        assert "De cesuur van dit examen is onbekend." in visit("administrator").get(path).text


def test_the_form_on_paper_holds_every_criterion_and_a_line_for_each_signature(visit: Visit) -> None:
    exam = make_exam(tasks=2, criteria=2)
    page = visit("administrator").get(f"/examenbeheer/{exam.id}/formulier").text
    for task in (1, 2):
        for criterion in (1, 2):
            assert f"Opdracht {task}, criterium {criterion}" in page
    assert page.count("Handtekening") == 3
    assert "onclick" not in page


def test_text_of_the_catalogue_is_never_read_as_html(visit: Visit) -> None:
    exam = make_exam(title="<script>alert(1)</script>", description="<b>vet</b>")
    for path in ("/examenbeheer/", f"/examenbeheer/{exam.id}", f"/examenbeheer/{exam.id}/formulier"):
        page = visit("administrator").get(path).text
        assert "<script>alert" not in page
        assert "<b>vet" not in page


def test_a_supervisor_sees_the_exams_of_own_programmes_only(
    app: object, visitor_of: Callable[..., Visitor]
) -> None:
    programme, own, of_elective = offering()
    other = make_exam()
    visitor = visitor_of(make_user("school_supervisor", programmes=[programme]))
    for exam, status in ((own, 200), (of_elective, 200), (other, 404)):
        assert visitor.get(f"/examenbeheer/{exam.id}").status_code == status
        assert visitor.get(f"/examenbeheer/{exam.id}/formulier").status_code == status


def test_who_has_no_business_in_exam_management_is_refused(visit: Visit) -> None:
    exam = make_exam()
    for role in ("student", "company_supervisor", "school_examiner", "company_examiner"):
        for path in ("/examenbeheer/", f"/examenbeheer/{exam.id}", f"/examenbeheer/{exam.id}/formulier"):
            assert visit(role).get(path).status_code == 403


def test_a_large_exam_costs_no_query_more_than_a_small_one(visit: Visit) -> None:
    visitor = visit("administrator")
    small, large = make_exam(tasks=1, criteria=1), make_exam(tasks=6, criteria=12)
    save(
        *(
            CriterionLevel(criterion_id=c.id, label="U", points=3, sufficient=True)
            for c in large.tasks[0].criteria
        )
    )
    small_page, large_page = (f"/examenbeheer/{exam.id}" for exam in (small, large))
    with counted() as few:
        visitor.get(small_page)
    with counted() as many:
        visitor.get(large_page)
    assert len(many) == len(few) <= 12
    for _ in range(20):
        make_exam()
    with counted() as listed:
        visitor.get("/examenbeheer/")
    assert len(listed) <= 12
