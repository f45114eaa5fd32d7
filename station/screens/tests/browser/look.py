"""Looks at the desk's pages as people do: in Chromium, with axe-core, at three sizes, by keyboard.

Reads one line a page from standard input (name, place, language), answers with one line a fault and then "done".
"""

import importlib.resources
import pathlib
import sys
import time

from playwright.sync_api import sync_playwright

operator_link, citizen_link, pictures = sys.argv[1:4]
origin = operator_link.split("/enter/")[0]
axe = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}
STRICT = {**RULES, "rules": {"color-contrast-enhanced": {"enabled": True}}}
SIZES = [(1280, 800), (1024, 600)]
# The smaller side of whatever can be touched, in CSS pixels (domain rules; WCAG 2.5.8 asks for 24).
LEAST = {"operator": 32, "citizen": 56}


def faults_of(page, side):
    found = []
    page.evaluate(axe)
    told = page.evaluate("(rules) => axe.run(document, rules)", STRICT if side == "citizen" else RULES)
    for violation in told["violations"]:
        for node in violation["nodes"]:
            found.append(f"axe {violation['id']}: {node['target']}")
    return found


def small_targets(page, least):
    return page.evaluate(
        """(least) => [...document.querySelectorAll("button, select, summary, input:not([type=hidden])")]
            .filter((one) => one.offsetParent)
            .map((one) => [one.id || one.tagName, one.getBoundingClientRect()])
            .filter(([, box]) => Math.min(box.width, box.height) < least - 0.5)
            .map(([name, box]) => `${name} is ${Math.round(box.width)} x ${Math.round(box.height)}`)""",
        least,
    )


def too_wide(page):
    return page.evaluate("document.scrollingElement.scrollWidth > window.innerWidth + 1")


def out_of_reach(page):
    """What the tab key never comes to."""
    wanted = page.evaluate(
        """() => { const all = [...document.querySelectorAll("button, select, summary, a, input:not([type=hidden])")]
            .filter((one) => one.offsetParent); all.forEach((one, at) => { one.dataset.at = at; }); return all.length; }"""
    )
    seen = set()
    page.evaluate("document.activeElement.blur(); window.getSelection().removeAllRanges()")
    for _ in range(wanted + 3):
        page.keyboard.press("Tab")
        at = page.evaluate("document.activeElement.dataset.at")
        if at is not None:
            seen.add(at)
    return wanted - len(seen)


def fits_its_foot(page):
    """The foot lies over nothing that is focused at the end of the page."""
    return page.evaluate(
        """() => { const foot = document.getElementById("foot"); const main = document.getElementById("main");
            window.scrollTo(0, document.body.scrollHeight);
            return main.getBoundingClientRect().bottom <= foot.getBoundingClientRect().top + 1; }"""
    )


def look(page, side, name, language):
    found = []
    # What a device needs is read behind its sign.
    for one in page.query_selector_all(".device summary"):
        one.evaluate("one => { one.parentElement.open = true; }")
    # A page is judged with its pictures in it.
    page.wait_for_function("() => [...document.images].every((one) => one.complete)", timeout=10_000)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if pictures != "-":
            page.screenshot(path=str(pathlib.Path(pictures) / f"{name}-{side}-{language}-{width}x{height}.png"))
        if too_wide(page):
            found.append(f"wider than {width}")
        if not fits_its_foot(page):
            found.append(f"the foot covers something at {width}x{height}")
    # What can be opened is judged open.
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found += faults_of(page, side)
    found += [f"small: {one}" for one in small_targets(page, LEAST[side])]
    missed = out_of_reach(page)
    if missed:
        found.append(f"{missed} out of the keyboard's reach")
    # 200 % text on 1280 pixels is 640 of them; WCAG 1.4.10 asks for 320.
    for width, height in [(640, 400), (320, 640)]:
        page.set_viewport_size({"width": width, "height": height})
        if too_wide(page):
            found.append(f"wider than {width}")
        if width == 640 and pictures != "-":
            page.screenshot(path=str(pathlib.Path(pictures) / f"{name}-{side}-{language}-200.png"), full_page=True)
    return [f"{name} {side} {language}: {one}" for one in found]


def printed(page, language):
    """On paper the buttons are gone and nothing is cut off."""
    page.emulate_media(media="print")
    found = []
    if page.locator("#foot").is_visible():
        found.append("buttons are printed")
    paper = page.pdf(format="A4")
    if pictures != "-":
        (pathlib.Path(pictures) / f"diagnostics-{language}.pdf").write_bytes(paper)
    page.emulate_media(media="screen")
    return [f"printed {language}: {one}" for one in found]


with sync_playwright() as play:
    browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    loud = []
    pages = {}
    for side, link in [("operator", operator_link), ("citizen", citizen_link)]:
        page = browser.new_context(reduced_motion="reduce").new_page()
        page.on("console", lambda line: loud.append(line.text) if line.type == "error" and "404" not in line.text else None)
        page.on("request", lambda request: None if request.url.startswith(origin) else loud.append(request.url))
        page.goto(link)
        pages[side] = page
    print("ready", flush=True)
    for line in sys.stdin:
        name, place, language, turn = line.split()
        if name == "diagnostics":
            page = pages["operator"]
            page.goto(origin + "/diagnostics")
            for fault in look(page, "operator", name, language) + printed(page, language):
                print("!", fault, flush=True)
            page.goto(origin + "/")
            print("done", flush=True)
            continue
        for side, page in pages.items():
            page.wait_for_function(
                "(turn) => document.getElementById('main').dataset.turn === turn", arg=turn, timeout=10_000
            )
            page.wait_for_function("(language) => document.documentElement.lang === language", arg=language, timeout=10_000)
            for fault in look(page, side, name, language):
                print("!", fault, flush=True)
        for one in loud:
            print("!", name, "console:", one, flush=True)
        loud.clear()
        print("done", flush=True)
    browser.close()
