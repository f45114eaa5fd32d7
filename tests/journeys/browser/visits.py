"""Plays visits at a real desk in Chromium: by clicks, by keyboard at 200 % in English, without network, with windows closed
and the desk killed in the middle. Answers with one JSON document; the first thing that is not as it should be ends it."""

import json
import pathlib
import subprocess
import sys
import time

from playwright.sync_api import sync_playwright

folder, station, verifier, pin, digits = sys.argv[1:6]
folder = pathlib.Path(folder)
running = {}
told = {}


def start(name, command):
    ready = folder / f"{name}.ready"
    ready.unlink(missing_ok=True)
    log = (folder / f"{name}.log").open("ab")
    running[name] = subprocess.Popen([*command, "--ready-file", ready], stdout=log, stderr=log)
    for _ in range(1200):
        if ready.is_file():
            return ready.read_text().split()
        if running[name].poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"{name} did not start: {(folder / f'{name}.log').read_text()[-2000:]}")


def start_verifier():
    start("verifier", [verifier, "serve", "--config", folder / "verifier.toml"])


def start_desk(config="station.toml"):
    return start("desk", [station, "serve", "--config", folder / config])


def kill(name):
    running[name].kill()
    running[name].wait()


class Window:
    """One of the two windows; counts what the hand does."""

    def __init__(self, browser, link, **more):
        self.context = browser.new_context(**more)
        self.link, self.touches = link, 0
        self.page = self.context.new_page()
        self.page.goto(link)

    def reopen(self):
        self.page.close()
        self.page = self.context.new_page()
        self.page.goto(self.link.split("/enter/")[0] + ("/citizen" if self is citizen else "/"))

    def place(self):
        return self.page.locator("#main").get_attribute("data-place")

    def wait(self, *places, seconds=90):
        until = time.time() + seconds
        while time.time() < until:
            if self.place() in places:
                return self.place()
            time.sleep(0.05)
        raise SystemExit(f"at {self.place()}, not at {places}: {self.page.locator('#main').inner_text()}")

    def click(self, target):
        self.touches += 1
        self.page.click(target, timeout=60_000)

    def press(self, key):
        self.touches += 1
        self.page.keyboard.press(key)

    def press_on(self, target):
        """The tab key until the target has the focus, then Enter."""
        for _ in range(40):
            if self.page.evaluate("(id) => document.activeElement.id === id", target):
                return self.press("Enter")
            self.page.keyboard.press("Tab")
        raise SystemExit(f"the keyboard does not come to {target} at {self.place()}")

    def says(self, text, seconds=60):
        self.page.wait_for_function(
            "(text) => document.getElementById('main').innerText.includes(text)", arg=text, timeout=seconds * 1000
        )


def sign_in():
    operator.wait("signed-out")
    operator.page.select_option("#who", "can-bo-mau")
    operator.page.fill("#pin", pin)
    operator.click("#b-sign-in")
    operator.wait("home")


def looked_over():
    """The bar knows the devices; the desk looked over tells a technician everything, and of nobody anything."""
    for device in ["card-reader", "camera", "scanner"]:
        operator.page.wait_for_selector(f"#device-{device}.ready, #device-{device}.card-laid", timeout=60_000)
    operator.page.click("#b-diagnostics")
    operator.page.wait_for_selector("#b-print:visible")
    page = operator.page.inner_text("body")
    for wanted in ["espeak-ng", "Virtual PCD", "Danh sách trực", "Phiếu mở lượt còn lại"]:
        if wanted not in page:
            raise SystemExit(f"the desk looked over does not tell of {wanted}: {page}")
    if "Cán bộ Mẫu" in page or digits in page:
        raise SystemExit("the desk looked over names somebody")
    operator.page.click("#b-desk")
    operator.wait("home")


def read_aloud():
    """A touch speaks the page, another one stops it."""
    citizen.page.click("#b-read-aloud")
    citizen.page.wait_for_selector("#b-read-aloud[aria-pressed=true]")
    kind, size = citizen.page.evaluate("fetch('/citizen/speech').then((a) => a.blob()).then((b) => [b.type, b.size])")
    if kind != "audio/wav" or size < 100_000:
        raise SystemExit(f"the page is not read aloud: {kind}, {size} bytes")
    told["spoken_bytes"] = size
    citizen.page.click("#b-read-aloud")
    citizen.page.wait_for_selector("#b-read-aloud[aria-pressed=false]")


def by_clicks():
    """Two papers; the operator's window is closed and opened again in the middle."""
    operator.touches = 0
    began = time.time()
    operator.click("#b-begin")
    operator.click("#b-prepared")
    citizen.wait("consent")
    read_aloud()
    citizen.click("#b-consent-agree")
    operator.wait("card")
    operator.page.fill("#digits", digits)
    operator.click("#b-card-key")
    operator.wait("sheets")
    operator.reopen()
    operator.wait("sheets")
    operator.click("#sheets-2")
    operator.click("#b-scan-glass")
    operator.page.wait_for_selector("#page-1.good, #page-1.look")
    operator.click("#b-scan-glass-new")
    operator.page.wait_for_selector("#b-enough", timeout=60_000)
    operator.click("#b-enough")
    operator.wait("review")
    operator.click("#b-approve")
    operator.wait("receipt")
    operator.says("Đã lưu vào ví giấy tờ")
    citizen.wait("receipt")
    citizen.click("#b-survey-1")
    citizen.says("Cảm ơn")
    operator.click("#b-done")
    operator.wait("home")
    told["clicks"] = operator.touches
    told["seconds"] = round(time.time() - began, 1)


def by_keyboard_without_network():
    """In English, at 200 %, and the line goes down before the seal."""
    for window, switch in [(operator, "b-language"), (citizen, "b-language")]:
        window.page.set_viewport_size({"width": 640, "height": 400})
        window.press_on(switch)
        window.page.wait_for_function("() => document.documentElement.lang === 'en'")
    operator.press("F2")
    operator.wait("prepare")
    operator.press("F2")
    citizen.wait("consent")
    citizen.press_on("b-consent-agree")
    operator.wait("card")
    operator.page.keyboard.type(digits)
    operator.press("Enter")
    operator.wait("sheets")
    kill("verifier")
    operator.press_on("sheets-1")
    operator.wait("scan")
    operator.press("F3")
    operator.page.wait_for_selector("#b-enough", timeout=60_000)
    operator.press("F2")
    operator.wait("review")
    operator.press("F2")
    operator.wait("receipt")
    operator.says("Kept safe, will be sent when online")
    time.sleep(2)
    if "Filed in the wallet" in operator.page.inner_text("#main"):
        raise SystemExit("a slip claims what has not happened")
    start_verifier()
    operator.says("Filed in the wallet", seconds=120)
    # The same page was filed by the visit before; the verifier noticed, and the slip says so.
    operator.says("All pages of this paper were filed")
    citizen.says("All pages of this paper were filed")
    operator.press("F2")
    operator.wait("home")


def stopped_by_the_citizen():
    operator.press("F2")
    operator.wait("prepare")
    operator.press("F2")
    citizen.wait("consent")
    citizen.press_on("b-stop")
    told["stopped"] = operator.wait("stopped")
    operator.says("visit.withdrawn")
    operator.press("F2")
    operator.wait("home")


def to_the_card():
    citizen.wait("consent")
    citizen.click("#b-consent-agree")
    operator.wait("card")
    operator.page.fill("#digits", digits)
    operator.click("#b-card-key")


def one_sheet():
    operator.wait("sheets")
    operator.click("#sheets-1")
    operator.wait("scan")
    operator.click("#b-scan-glass")
    operator.page.wait_for_selector("#b-enough", timeout=60_000)
    operator.click("#b-enough")


def by_authority_that_nobody_shows():
    """Papers brought for another, without the paper that shows the right."""
    operator.click("#b-begin")
    operator.wait("prepare")
    operator.click("#b-for-whom-proxy")
    for born in ["4/3/1986", "4/3/1985"]:
        if operator.page.locator("#b-prepared").count():
            raise SystemExit("a visit can be opened before anybody was named")
        operator.page.fill("#number", "031 185 005678")
        operator.page.fill("#born", born)
        operator.click("#b-subject")
        operator.says("personal_id.birth_year" if born.endswith("6") else "678")
    operator.click("#b-prepared")
    citizen.wait("consent")
    citizen.says("678")
    citizen.says("của người mà tôi đại diện")
    to_the_card()
    one_sheet()
    operator.wait("stopped")
    told["proxy"] = operator.page.inner_text("#main .code").strip()
    operator.click("#b-done")
    operator.wait("home")


def official_comes(who, pin=pin):
    operator.page.select_option("#who", who)
    operator.page.fill("#pin", pin)
    operator.click("#b-official-comes")


def officials_are_called():
    """The holder does not turn the head: two officials come to the operator's page, one after another."""
    kill("desk")
    start_desk("still.toml")
    operator.wait("signed-out", seconds=60)
    sign_in()
    told["officials"] = {}
    for found in ["same", "other"]:
        operator.click("#b-begin")
        operator.click("#b-prepared")
        to_the_card()
        operator.wait("officials", seconds=240)
        citizen.says("Hai cán bộ sẽ đến đối chiếu")
        if operator.page.locator("#main img").count():
            raise SystemExit("somebody is shown before an official signed in")
        official_comes("can-bo-hai", "000000")
        operator.says("login.wrong")
        official_comes("can-bo-hai")
        # The chip's portrait and the person before the camera, both drawn.
        operator.page.wait_for_function(
            "() => [...document.querySelectorAll('.pair img')].filter((one) => one.naturalWidth > 0).length === 2"
        )
        citizen.page.wait_for_selector(".mirror img")
        operator.page.screenshot(path=str(folder / "officials.png"))
        operator.click("#b-sighting-same")
        operator.page.wait_for_selector("#pin")
        if operator.page.locator("#who option[value=can-bo-hai]").count():
            raise SystemExit("the same official is asked again")
        official_comes("can-bo-ba")
        operator.click(f"#b-sighting-{found}")
        if found == "same":
            one_sheet()
            operator.wait("review")
            operator.click("#b-approve")
            told["officials"][found] = operator.wait("receipt")
            operator.says("Đã lưu vào ví giấy tờ")
        else:
            told["officials"][found] = operator.wait("stopped")
            operator.says("person.officials_disagree")
            citizen.says("Dữ liệu của lượt này đã được xóa")
        operator.click("#b-done")
        operator.wait("home")


def killed_in_the_middle():
    operator.press("F2")
    operator.wait("prepare")
    operator.press("F2")
    citizen.wait("consent")
    kill("desk")
    start_desk()
    # The windows find the desk again by themselves, and stay paired.
    operator.wait("signed-out", seconds=60)
    sign_in()
    told["unfinished"] = operator.page.locator(".note").count() == 1
    citizen.wait("home")


def kept():
    return [path for path in (folder / "state" / "visit-kept").rglob("*") if path.is_file()]


def goes_on_after_the_power():
    """Killed at each place of the papers: what was scanned is there again, and what is erased is gone."""
    told["gone_on"] = []
    for place, yes in [("sheets", True), ("scan", True), ("review", True), ("scan", False)]:
        operator.click("#b-begin")
        operator.click("#b-prepared")
        to_the_card()
        operator.wait("sheets")
        if place != "sheets":
            operator.click("#sheets-1")
            operator.wait("scan")
            operator.click("#b-scan-glass")
            operator.page.wait_for_selector("#page-1.good, #page-1.look", timeout=60_000)
        if place == "review":
            operator.click("#b-enough")
            operator.wait("review")
        kill("desk")
        if not kept():
            raise SystemExit(f"nothing is kept at {place}")
        for path in kept():
            plain = [b"\xff\xd8\xff", b"JFIF", "MẪU".encode(), b"evidence", digits.encode() + b'"']
            if any(one in path.read_bytes() for one in plain):
                raise SystemExit(f"{path.name} can be read by anybody")
        start_desk()
        operator.wait("signed-out", seconds=60)
        # What is typed while the page is drawn anew is gone with it.
        operator.page.wait_for_timeout(1500)
        operator.page.fill("#pin", pin)
        operator.click("#b-sign-in")
        operator.wait("unfinished")
        operator.click("#b-go-on")
        citizen.wait("still-here")
        citizen.click(f"#b-still-here-{'yes' if yes else 'no'}")
        if not yes:
            operator.wait("stopped")
        elif place == "sheets":
            one_sheet()
        else:
            # The one page is there, and no second sheet is asked for.
            operator.page.wait_for_selector("#b-enough", timeout=60_000)
            if operator.page.locator(".thumb").count() != 1:
                raise SystemExit("pages were lost or doubled")
            operator.click("#b-enough")
        if yes:
            operator.wait("review")
            operator.click("#b-approve")
            operator.wait("receipt")
            operator.says("Đã lưu vào ví giấy tờ")
        if kept():
            raise SystemExit(f"left behind: {kept()}")
        operator.click("#b-done")
        operator.wait("home")
        told["gone_on"].append(place if yes else "erased")


try:
    start_verifier()
    links = start_desk()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        citizen = None
        operator = Window(browser, links[0], viewport={"width": 1280, "height": 800})
        citizen = Window(browser, links[1], viewport={"width": 1024, "height": 600})
        sign_in()
        looked_over()
        by_clicks()
        by_keyboard_without_network()
        stopped_by_the_citizen()
        killed_in_the_middle()
        goes_on_after_the_power()
        by_authority_that_nobody_shows()
        officials_are_called()
        browser.close()
    print(json.dumps(told))
finally:
    for process in running.values():
        process.kill()
