// Keeps an open page true: when the desk says that something changed, the page is asked for again, and those of its three
// parts that differ are put in their place. Without this script the page reloads itself.
"use strict";
(() => {
  const parts = ["bar", "main", "foot"];
  const live = document.body.dataset.live;
  // What the server said last, so that what somebody is typing is left alone while nothing changes.
  const told = new Map(parts.map((id) => [id, document.getElementById(id).innerHTML]));
  let asking = false;
  let again = false;

  const reader = new DOMParser();

  async function ask() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.pathname, { cache: "no-store" });
      const page = reader.parseFromString(await answer.text(), "text/html");
      if (!page.getElementById("main") || !page.body.dataset.live) { location.reload(); return; }
      put(page);
    } catch {
      document.body.classList.add("alone");
    } finally {
      asking = false;
      if (again) { again = false; ask(); }
    }
  }

  function put(page) {
    document.body.className = page.body.className;
    const other = document.documentElement.lang !== page.documentElement.lang;
    document.documentElement.lang = page.documentElement.lang;
    const main = document.getElementById("main");
    const moved = main.dataset.turn !== page.getElementById("main").dataset.turn;
    const held = document.activeElement && document.activeElement.id;
    const open = [...document.querySelectorAll("details[open][id]")].map((one) => one.id);
    for (const id of parts) {
      const fresh = page.getElementById(id);
      if (told.get(id) === fresh.innerHTML) continue;
      told.set(id, fresh.innerHTML);
      document.getElementById(id).replaceChildren(...fresh.childNodes);
    }
    // What somebody opened to read stays open while it is there.
    for (const id of open) {
      const same = document.getElementById(id);
      if (same) same.open = true;
    }
    if (moved || other) hush();
    else show(!voice.paused);
    main.dataset.turn = page.getElementById("main").dataset.turn;
    main.dataset.place = page.getElementById("main").dataset.place;
    if (moved) {
      const first = main.querySelector("[autofocus]") || main;
      first.focus({ preventScroll: first === main });
      const heading = main.querySelector("h1");
      if (heading) document.getElementById("said").textContent = heading.textContent;
    } else if (held && document.activeElement.id !== held) {
      const same = document.getElementById(held);
      if (same) same.focus();
    }
  }

  function listen() {
    const line = new EventSource(live);
    line.onmessage = () => { document.body.classList.remove("alone"); ask(); };
    line.onerror = () => {
      document.body.classList.add("alone");
      line.close();
      setTimeout(listen, 1000);
    };
  }
  if (live) listen();
  for (const one of document.querySelectorAll("[data-print]")) {
    one.hidden = false;
    one.addEventListener("click", () => window.print());
  }

  // A hand that shakes touches twice: the second touch of the same button is not heard.
  let sent = null;
  document.addEventListener("submit", (event) => {
    const turn = event.target.elements.turn && event.target.elements.turn.value;
    const mark = event.target.action + " " + turn;
    const now = Date.now();
    if (sent && sent.mark === mark && now - sent.at < 800) { event.preventDefault(); return; }
    sent = { mark, at: now };
  });

  // Reading aloud: one sound at a time; it ends with the page it belongs to.
  const voice = new Audio();
  const show = (playing) => {
    for (const one of document.querySelectorAll("[data-speak]")) {
      one.hidden = false;
      one.setAttribute("aria-pressed", String(playing));
    }
  };
  const hush = () => { voice.pause(); voice.removeAttribute("src"); show(false); };
  voice.addEventListener("ended", hush);
  voice.addEventListener("error", () => show(false));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-speak]");
    if (!button) return;
    if (!voice.paused) { hush(); return; }
    // A new address each time, so that no earlier page is heard.
    voice.src = `${button.dataset.speak}?at=${Date.now()}`;
    show(true);
    voice.play().catch(() => show(false));
  });
  show(false);

  document.addEventListener("keydown", (event) => {
    if (!/^F\d+$/.test(event.key)) return;
    const button = document.querySelector(`[data-key="${event.key}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });
})();
