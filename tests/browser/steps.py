"""What a user does, in the words of the manual: open a tab, tick rows, choose an action, fill in a form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from playwright.sync_api import Locator, Page, expect

SCHOOL_EXAMINER = "Vries, Sanne de"
COMPANY_EXAMINER = "Berg, Björn van den"
# The colour of a block as people see it: compares the red, green and blue of its background.
COLOUR = """block => {
  const [r, g, b] = getComputedStyle(block).backgroundColor.match(/[0-9]+/g).map(Number);
  if (Math.max(r, g, b) - Math.min(r, g, b) < 14) return "grijs";
  return g > r ? "groen" : "rood";
}"""


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Hoofdmenu").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def tabs(page: Page) -> list[str]:
    labels = page.get_by_role("navigation", name="Hoofdmenu").locator(".side-label")
    return [text.strip() for text in labels.all_inner_texts()]


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("main").get_by_role("link", name=name, exact=True)


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def filter_on(page: Page, values: dict[str, str]) -> None:
    """Filter a list. `values`: label of a filter -> what to choose or to type."""
    form = page.get_by_role("search", name="Filteren")
    for label, wanted in values.items():
        box = form.get_by_label(label, exact=True)
        if box.evaluate("box => box.tagName") == "SELECT":
            choose(box, wanted)
        else:
            box.fill(wanted)
    form.get_by_role("button", name="Filter").click()


def choose(box: Locator, text: str) -> None:
    """Choose the first option whose text begins with this, as typing in a list does."""
    options = box.locator("option").all_inner_texts()
    found = [option for option in options if option.strip().startswith(text)]
    assert found, f"{text!r} is not among {options}"
    box.select_option(label=found[0])


def fill_in(page: Page, values: dict[str, Any]) -> None:
    """Fill in a form. `values`: label -> a text, True for a tick, or the boxes to tick in that group."""
    main = page.get_by_role("main")
    for label, value in values.items():
        if isinstance(value, list):
            group = main.get_by_role("group", name=re.compile(f"^{re.escape(label)}"))
            for choice in value:
                group.get_by_label(re.compile(f"^{re.escape(choice)}")).check()
            continue
        box = main.get_by_label(re.compile(rf"^{re.escape(label)}\s*\*?$")).first
        if value is True:
            box.check()
        elif box.evaluate("box => box.tagName") == "SELECT":
            choose(box, value)
        else:
            box.fill(value)


def tick(page: Page, names: Iterable[str]) -> None:
    for name in names:
        page.get_by_role("checkbox", name=re.compile(f"^Selecteer .*{re.escape(name)}")).check()


def do_action(page: Page, action: str, names: Iterable[str], button: str = "Voer uit") -> None:
    """Tick rows, choose the action in the list, and press the button."""
    tick(page, names)
    page.get_by_label("Actie", exact=True).select_option(label=action)
    press(page, button)


def carry_out(page: Page, says: str = "") -> None:
    """From an action's form on: see what is going to happen (which `says` this), and let it happen."""
    press(page, "Verder")
    expect(page.get_by_role("heading", name="Als u doorgaat")).to_be_visible()
    if says:
        expect(page.get_by_role("main")).to_contain_text(says)
    press(page, "Voer uit")


def told(page: Page, text: str | re.Pattern[str]) -> None:
    """Expect a message with this text on top of the page."""
    expect(page.locator(".flash p").filter(has_text=text).first).to_be_visible()


# -- students


def new_student(page: Page, number: str, first: str, last: str, **more: Any) -> str:
    """Nieuwe student invoeren; returns the name as lists show it."""
    open_tab(page, "Studenten")
    link(page, "Nieuwe student invoeren").first.click()  # an empty list offers it twice
    fill_in(page, {"Studentnummer": number, "Voornaam": first, "Achternaam": last, **more})
    press(page, "Opslaan")
    told(page, re.compile(f"{first} {last} .*is ingevoerd"))
    return f"{last}, {first}"


# -- exams


def open_programme(page: Page, programme: str, student: str = "") -> None:
    open_tab(page, "Examens")
    filter_on(page, {"Opleiding": programme})
    if student:
        filter_on(page, {"Student(en)": student})


def block(page: Page, student: str, exam: str, attempt: int = 0) -> Locator:
    """The block of a student (named as in the overview) and an exam (its code)."""
    last = rf".*kans {attempt}\b" if attempt else ""
    return page.locator(".matrix .block").filter(
        has_text=re.compile(rf"{re.escape(student)}, {re.escape(exam)}{last}")
    )


def colour(block_: Locator) -> str:
    seen: str = block_.evaluate(COLOUR)
    return seen


def start_planning(page: Page, student: str, exam: str) -> None:
    """Select the student, the action, Ga!, the exam, Voer uit: the planning screen."""
    do_action(page, "Examenaanmelding toevoegen/wijzigen", [student], button="Ga!")
    page.get_by_role("radio", name=re.compile(f"^{re.escape(exam)}")).check()
    press(page, "Voer uit")
    expect(heading(page)).to_have_text("Examen inplannen")


def plan_together(page: Page, day: date, start: str, *, company: str = COMPANY_EXAMINER) -> None:
    """Alle opdrachten tegelijk inplannen, to the end."""
    page.get_by_role("radio", name=re.compile("^Alle opdrachten tegelijk inplannen")).check()
    fill_section(page.locator("[data-section=together]").first, day, start, company=company)
    finish_planning(page)


def fill_section(section: Locator, day: date, start: str, *, company: str = COMPANY_EXAMINER) -> None:
    """The fields of one section of the planning screen; the school's examiner first, as the manual says."""
    asked = section.locator("select, input:not([type=hidden])")
    assert "school_examiner" in (asked.first.get_attribute("name") or "")
    choose(section.get_by_label(re.compile("^Examinator school")), SCHOOL_EXAMINER)
    if company:
        choose(section.get_by_label(re.compile("^Examinator bedrijf")), company)
    section.get_by_label(re.compile("^Datum")).fill(f"{day:%d-%m-%Y}")
    section.get_by_label(re.compile("^Begintijd")).fill(start)


def finish_planning(page: Page, button: str = "Inplannen") -> None:
    press(page, "Verder")
    expect(heading(page)).to_have_text("Planning controleren")
    press(page, button)
    expect(heading(page)).to_have_text("Examens")


# -- assessment


def to_assess(page: Page, student: str, task: str) -> None:
    """Open the student's task under Te beoordelen."""
    open_tab(page, "Te beoordelen")
    card = page.locator(".todo-card").filter(has=page.get_by_role("heading", name=student))
    card.get_by_role("link", name=re.compile(re.escape(task))).first.click()  # today stands above done
    expect(heading(page)).to_contain_text(student)


def score(page: Page, *, best: bool) -> int:
    """Give every criterion its best or its least level; returns how many criteria there are."""
    cards = page.locator("[data-criterion]")
    for number in range(cards.count()):
        levels = cards.nth(number).locator(".score-level label")
        (levels.last if best else levels.first).click()
    return cards.count()


def assess(page: Page, student: str, task: str, *, best: bool) -> None:
    """Fill in the whole form and save it."""
    to_assess(page, student, task)
    total = score(page, best=best)
    expect(page.get_by_text(f"{total} van {total} ingevuld")).to_be_visible()
    press(page, "Opslaan")
    expect(page.locator(".save-state")).to_contain_text("opgeslagen:")


def make_definitive(page: Page, second_step: Callable[[Page], None] = lambda _page: None) -> None:
    """Only the school's examiner: from the saved form, after a confirmation."""
    press(page, "Opslaan en definitief maken…")
    second_step(page)
    expect(heading(page)).to_have_text("Maak definitief")
    press(page, "Maak definitief")
    expect(page.get_by_role("main")).to_contain_text("definitief")
