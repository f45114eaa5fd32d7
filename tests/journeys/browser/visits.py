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


def start_desk():
    return start("desk", [station, "serve", "--config", folder / "station.toml"])


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
    operator.page.fill("#pin", pin)
    operator.click("#b-sign-in")
    operator.wait("home")


def by_clicks():
    """Two papers; the operator's window is closed and opened again in the middle."""
    operator.touches = 0
    began = time.time()
    operator.click("#b-begin")
    operator.click("#b-prepared")
    citizen.wait("consent")
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
        window.page.wait_for_function("document.documentElement.lang === 'en'")
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


try:
    start_verifier()
    links = start_desk()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        citizen = None
        operator = Window(browser, links[0], viewport={"width": 1280, "height": 800})
        citizen = Window(browser, links[1], viewport={"width": 1024, "height": 600})
        sign_in()
        by_clicks()
        by_keyboard_without_network()
        stopped_by_the_citizen()
        killed_in_the_middle()
        browser.close()
    print(json.dumps(told))
finally:
    for process in running.values():
        process.kill()
