// Changes what a page says of jobs as they change. Pages say everything without it.

const OVER = ["done", "parked", "cancelled"];
const live = document.querySelector("#live");
let events = null;
let reloading = 0;

const say = (text) => { if (live) live.textContent = text; };

const element = (name, text, className) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.textContent = text;
    return made;
};

const stateOf = (job) => {
    const parts = [element("span", job.state, `state ${job.state}`)];
    if (job.stage) parts.push(" ", element("span", job.stage, "stage"));
    if (job.percent !== null && job.stage) {
        const bar = element("progress", "");
        bar.max = 100;
        bar.value = job.percent;
        bar.setAttribute("aria-label", `Encoded of ${job.label}`);
        parts.push(" ", bar, " ", element("span", `${job.percent} %`, "percent"));
    }
    return parts;
};

const causeOf = (job) => {
    if (!job.failure) return [];
    const code = element("a", job.failure.code, "code");
    code.href = `/jobs?cause=${encodeURIComponent(job.failure.code)}`;
    return [code, " ", element("span", job.failure.text, "text")];
};

const posterOf = (job) => {
    if (!job.poster) return [];
    const image = element("img", "");
    image.src = job.poster;
    image.alt = "";
    return [image];
};

const fields = {
    poster: posterOf,
    state: stateOf,
    attempt: (job) => [String(job.attempt)],
    changed: (job) => timeOf(job),
    cause: causeOf,
};

const newCard = (job) => {
    const card = document.createElement("li");
    card.dataset.job = job.id;
    const link = element("a", "");
    link.href = `/jobs/${job.id}`;
    const field = (tag, name, className) => {
        const made = element(tag, "", className);
        made.dataset.field = name;
        return made;
    };
    link.append(field("span", "poster", "poster"), job.label);
    card.append(link, field("div", "state"), field("div", "changed", "when"), field("div", "cause"));
    return card;
};

// Bakes that run are in one list of the first page, those that are over in the other, the last one first.
const MOST_CARDS = 20;
const place = (job) => {
    const running = document.querySelector("#running");
    const recent = document.querySelector("#recent");
    if (!running || !recent || job.kind !== "bake") return;
    const list = job.state === "running" ? running : OVER.includes(job.state) ? recent : null;
    const old = document.querySelector(`.cards > [data-job="${CSS.escape(job.id)}"]`);
    if (old && old.parentElement === list) return;
    if (!list) { old?.remove(); return; }
    list.prepend(old ?? newCard(job));
    while (recent.children.length > MOST_CARDS) recent.lastElementChild.remove();
};

// What no event tells of is fetched anew: a moment after jobs have changed, and now and then. Where somebody has moved to
// with the keyboard, it stays as it is.
const SOON = 2000;
const NOW_AND_THEN = 15000;
const parts = () => document.querySelectorAll("[data-fresh]");
let refreshing = 0;
const refresh = async () => {
    refreshing = 0;
    try {
        const response = await fetch(location.href);
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        for (const old of response.ok ? parts() : []) {
            const fresh = page.querySelector(`[data-fresh="${old.dataset.fresh}"]`);
            if (fresh && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(fresh));
        }
    } catch {
        // The page says already that it is not connected.
    }
};
const refreshIn = (pause) => {
    if (events && parts().length && !refreshing) refreshing = setTimeout(refresh, pause);
};
setInterval(() => refreshIn(0), NOW_AND_THEN);

// Times go on, in the words of the page.
const span = (seconds) =>
    seconds < 120 ? `${seconds} s`
    : seconds < 7200 ? `${Math.floor(seconds / 60)} min`
    : seconds < 172800 ? `${Math.floor(seconds / 3600)} h`
    : `${Math.floor(seconds / 86400)} d`;
setInterval(() => {
    for (const time of document.querySelectorAll("time")) {
        const seconds = Math.trunc((Date.now() - Date.parse(time.dateTime)) / 1000);
        time.textContent = seconds >= 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
    }
}, 5000);

const timeOf = (job) => {
    const time = element("time", "just now");
    time.dateTime = time.title = job.changed;
    return [time];
};

const show = (job) => {
    place(job);
    refreshIn(SOON);
    for (const shown of document.querySelectorAll(`[data-job="${CSS.escape(job.id)}"]`)) {
        for (const [name, made] of Object.entries(fields)) {
            const field = shown.querySelector(`[data-field="${name}"]`);
            // A picture that is there already stays, and does not flicker.
            if (name === "poster" && field?.firstElementChild?.src === job.poster) continue;
            field?.replaceChildren(...made(job));
        }
        shown.classList.remove("changed");
        void shown.offsetWidth;
        shown.classList.add("changed");
    }
};

// Not all pages at once, when a service comes back that all of them watch.
const reload = () => { if (!reloading) reloading = setTimeout(() => location.reload(), 500 + Math.random() * 2000); };

const watch = () => {
    events = new EventSource("/events");
    events.addEventListener("hello", () => say("Live"));
    events.addEventListener("job", (event) => show(JSON.parse(event.data)));
    events.addEventListener("reload", reload);
    events.addEventListener("goodbye", () => say("The service is stopping"));
    events.addEventListener("error", () => say("Not connected. Trying again"));
};

// A browser opens six connections to a site; pages that nobody sees keep none.
document.addEventListener("visibilitychange", () => {
    if (document.hidden) { events?.close(); events = null; say("Paused"); }
    else if (!events) { watch(); }
});
document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
});
if (!document.hidden) watch();
