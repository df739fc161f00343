// What plain HTML cannot do. Every page works without it, but less conveniently.
"use strict";

// A live page is one long response, and parts of it come at least every five seconds. If it ends before the run does (a node died, a proxy's
// timeout), or falls silent, the page asks again. Chromium fires no "load" for a response that broke off.
if (document.querySelector("[data-live=running]")) {
    let heard = Date.now(), leaving = false;
    addEventListener("beforeunload", () => leaving = true);
    new MutationObserver(() => heard = Date.now()).observe(document, { childList: true, characterData: true, subtree: true });
    const ask = () => { if (!leaving && document.querySelector("[data-live=running]")) location.reload(); };
    document.addEventListener("readystatechange", () => { if (document.readyState === "complete") setTimeout(ask, 1000 + 1000 * Math.random()); });
    setInterval(() => { if (Date.now() - heard > 15000) ask(); }, 1000);
}

// Tables of examples: a new row when the last is used, columns from a spreadsheet, lines of a file.
for (const table of document.querySelectorAll("[data-examples]")) {
    const rows = () => [...table.querySelectorAll("tbody tr")];
    const cells = row => [...row.querySelectorAll("textarea")];
    const isEmpty = row => cells(row).every(cell => cell.value === "");
    const say = text => { const line = table.querySelector("[data-message]"); if (line) line.textContent = text; };
    const add = () => {
        const row = rows().at(-1).cloneNode(true);
        cells(row).forEach(cell => {
            cell.value = cell.textContent = "";
            cell.setAttribute("aria-label", cell.getAttribute("aria-label").replace(/\d+$/, rows().length + 1));
        });
        table.querySelector("tbody").append(row);
        return row;
    };
    const fill = (pairs, start = 0) => pairs.forEach((pair, index) => {
        while (rows().length <= start + index + 1) add();
        cells(rows()[start + index]).forEach((cell, column) => { if (pair[column] !== undefined) cell.value = pair[column]; });
    });
    const load = async file => {
        if (!file) return;
        try {
            const pairs = pairsOf(await file.text());
            if (!pairs.length) throw new Error("There is no line in it.");
            rows().slice(1).forEach(row => row.remove());
            fill(pairs);
            say(`${pairs.length} rows from ${file.name}.`);
        } catch (error) {
            say(`${file.name} cannot be read. ${error.message}`);
        }
    };

    table.addEventListener("input", event => { if (event.target.matches("textarea") && !isEmpty(rows().at(-1))) add(); });
    table.addEventListener("paste", event => {
        const text = event.clipboardData.getData("text/plain");
        const row = rows().indexOf(event.target.closest("tr"));
        if (row < 0 || !text.includes("\t")) return;
        event.preventDefault();
        fill(cellsOf(text, "\t"), row);
    });
    table.addEventListener("dragover", event => { event.preventDefault(); table.classList.add("drop"); });
    table.addEventListener("dragleave", () => table.classList.remove("drop"));
    table.addEventListener("drop", event => {
        event.preventDefault();
        table.classList.remove("drop");
        load(event.dataTransfer.files[0]);
    });
    table.querySelector("[data-add]")?.addEventListener("click", event => { event.preventDefault(); cells(add())[0].focus(); });
    table.querySelector("[data-file]")?.removeAttribute("hidden");
    table.querySelector("[data-file] input")?.addEventListener("change", event => load(event.target.files[0]));
}

// Lines of JSON (input and target, prompt and completion, input and output), or two columns with or without a header.
function pairsOf(text) {
    text = text.replace(/^\uFEFF/, "");
    if (/^\s*[{[]/.test(text)) {
        const lines = /^\s*\[/.test(text) ? JSON.parse(text) : text.split(/\r?\n/).filter(line => line.trim() !== "").map(line => JSON.parse(line));
        return lines.map(row => [row.input ?? row.prompt ?? "", row.target ?? row.completion ?? row.output ?? ""].map(String));
    }
    const lines = cellsOf(text, text.split("\n", 1)[0].includes("\t") ? "\t" : ",");
    return lines.slice(/^(input|prompt)s?$/i.test(lines[0]?.[0]?.trim()) ? 1 : 0);
}

// The first two cells of each line of separated values (RFC 4180): a quoted cell may hold separators, quotes and line breaks.
function cellsOf(text, separator) {
    const cell = new RegExp(`("(?:[^"]|"")*"|[^${separator}\\r\\n]*)(${separator}|\\r?\\n|$)`, "y");
    const lines = [];
    for (let line = []; cell.lastIndex < text.length;) {
        const [, value, end] = cell.exec(text) ?? [, text.slice(cell.lastIndex), cell.lastIndex = text.length];
        line.push(value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1).replaceAll('""', '"') : value);
        if (end !== separator || cell.lastIndex >= text.length) {
            if (line.some(one => one !== "")) lines.push(line.slice(0, 2));
            line = [];
        }
    }
    return lines;
}

// Buttons that copy a call to the clipboard.
document.addEventListener("click", async event => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
});
const showCopy = () => document.querySelectorAll("[data-copy][hidden]").forEach(button => { if (navigator.clipboard) button.hidden = false; });
new MutationObserver(showCopy).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"] });
showCopy();

// Files can be dropped on the field that takes them.
for (const place of document.querySelectorAll("[data-drop]")) {
    place.addEventListener("dragover", event => { event.preventDefault(); place.classList.add("over"); });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", event => {
        event.preventDefault();
        place.classList.remove("over");
        place.querySelector("input[type=file]").files = event.dataTransfer.files;
    });
}

// After a form was refused, keyboards and screen readers begin at the reasons.
document.querySelector("[data-errors]")?.focus();

// What was just done is said once: not again after a reload, or to whom the address is sent.
const once = document.querySelector("[data-once]");
if (once) {
    const address = new URL(location.href);
    address.searchParams.delete(once.dataset.once);
    history.replaceState(history.state, "", address);
}

// What takes long says so, and cannot be sent twice.
document.addEventListener("submit", event => {
    const button = event.target.querySelector("button[data-busy]");
    if (!button) return;
    button.textContent = button.dataset.busy;
    button.disabled = true;
});
addEventListener("pageshow", event => { if (event.persisted && document.querySelector("button[data-busy]:disabled")) location.reload(); });
