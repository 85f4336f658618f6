// Changes what a page says of jobs as they change. Pages say everything without it.

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

const whyOf = (job) => {
    if (!job.failure) return [];
    const code = element("a", job.failure.code, "code");
    code.href = `/jobs?cause=${encodeURIComponent(job.failure.code)}`;
    return [code, " ", element("span", job.failure.text, "text")];
};

const fields = {
    state: stateOf,
    attempt: (job) => [String(job.attempt)],
    changed: () => ["just now"],
    why: whyOf,
};

// A card for a bake that has just begun.
const addCard = (job) => {
    const cards = document.querySelector("#cards");
    if (!cards || job.kind !== "bake" || job.state !== "running") return null;
    const card = document.createElement("li");
    card.dataset.job = job.id;
    const link = element("a", job.label);
    link.href = `/jobs/${job.id}`;
    const state = document.createElement("div");
    state.dataset.field = "state";
    card.append(link, state);
    cards.append(card);
    return card;
};

const show = (job) => {
    let places = [...document.querySelectorAll(`[data-job="${CSS.escape(job.id)}"]`)];
    if (!places.some((place) => place.closest("#cards"))) {
        const card = addCard(job);
        if (card) places.push(card);
    }
    for (const place of places) {
        if (place.closest("#cards") && job.state !== "running") { place.remove(); continue; }
        for (const [name, made] of Object.entries(fields)) {
            place.querySelector(`[data-field="${name}"]`)?.replaceChildren(...made(job));
        }
        place.classList.remove("changed");
        void place.offsetWidth;
        place.classList.add("changed");
    }
};

// Not all pages at once, when a service comes back that all of them watch.
const reload = () => { if (!reloading) reloading = setTimeout(() => location.reload(), 500 + Math.random() * 2000); };

const watch = () => {
    events = new EventSource("/events");
    events.addEventListener("hello", () => say("Live"));
    events.addEventListener("job", (event) => show(JSON.parse(event.data)));
    events.addEventListener("reload", reload);
    events.addEventListener("goodbye", () => say("The service stops"));
    events.addEventListener("error", () => say("Not connected; trying again"));
};

// A browser opens six connections to a site; pages that nobody sees keep none.
document.addEventListener("visibilitychange", () => {
    if (document.hidden) { events?.close(); events = null; say("Paused"); }
    else if (!events) { watch(); }
});
for (const form of document.querySelectorAll("form[data-confirm]")) {
    form.addEventListener("submit", (event) => { if (!confirm(form.dataset.confirm)) event.preventDefault(); });
}
if (!document.hidden) watch();
