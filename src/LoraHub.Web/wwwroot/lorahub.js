// What plain HTML cannot do. Every page works without it, but less conveniently.
"use strict";

// A live page is one long response. If it ends before the run does (a node died, a proxy's timeout), the page asks again.
addEventListener("load", () => {
    if (document.querySelector("[data-live=running]")) setTimeout(() => location.reload(), 1000 + 1000 * Math.random());
});

// Tables of examples: a new row when the last is used, columns from a spreadsheet, lines of a file.
for (const table of document.querySelectorAll("[data-examples]")) {
    const rows = () => [...table.querySelectorAll("tbody tr")];
    const cells = row => [...row.querySelectorAll("textarea")];
    const isEmpty = row => cells(row).every(cell => cell.value === "");
    const add = () => {
        const row = rows().at(-1).cloneNode(true);
        cells(row).forEach((cell, column) => {
            cell.value = cell.textContent = "";
            cell.setAttribute("aria-label", cell.getAttribute("aria-label").replace(/\d+$/, rows().length + 1));
        });
        table.querySelector("tbody").append(row);
    };
    const fill = (pairs, start = 0) => pairs.forEach((pair, index) => {
        while (rows().length <= start + index + 1) add();
        cells(rows()[start + index]).forEach((cell, column) => { if (pair[column] !== undefined) cell.value = pair[column]; });
    });

    table.addEventListener("input", () => { if (!isEmpty(rows().at(-1))) add(); });
    table.addEventListener("paste", event => {
        const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
        if (!text.includes("\t")) return;
        event.preventDefault();
        fill(text.split("\n").map(line => line.split("\t")), rows().indexOf(event.target.closest("tr")));
    });
    table.addEventListener("dragover", event => { event.preventDefault(); table.classList.add("drop"); });
    table.addEventListener("dragleave", () => table.classList.remove("drop"));
    table.addEventListener("drop", async event => {
        event.preventDefault();
        table.classList.remove("drop");
        const file = event.dataTransfer.files[0];
        if (!file) return;
        const pairs = pairsOf(await file.text());
        rows().slice(1).forEach(row => row.remove());
        fill(pairs.length ? pairs : [["", ""]]);
    });
}

// Lines of JSON (input and target, prompt and completion, input and output), or CSV with a header.
function pairsOf(text) {
    const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/).filter(line => line.trim() !== "");
    if (lines[0]?.trim().startsWith("{")) {
        return lines.map(line => { const row = JSON.parse(line); return [row.input ?? row.prompt ?? "", row.target ?? row.completion ?? row.output ?? ""]; });
    }
    const split = line => [...line.matchAll(/("(?:[^"]|"")*"|[^",\t]*)(?:[,\t]|$)/g)].slice(0, 2).map(match => match[1].replace(/^"|"$/g, "").replaceAll('""', '"'));
    return lines.slice(/^"?(input|prompt)/i.test(lines[0]) ? 1 : 0).map(split);
}

// Buttons that copy a call to the clipboard.
document.addEventListener("click", async event => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent);
    button.textContent = "Copied";
});
