"use strict";
(function () {
  // A form that somebody works on is never taken away: the page then offers to be loaded again.
  var touched = false;
  document.querySelectorAll("form.decide").forEach(function (form) {
    var button = form.querySelector("button.main");
    form.addEventListener("change", function () {
      touched = true;
      var count = form.querySelectorAll("input[name=key]:checked").length;
      button.textContent = button.dataset.verb + (count === 1 ? " this one" : " these " + count.toLocaleString("en"));
      button.disabled = count === 0;
    });
  });
  var busy = document.querySelectorAll("[data-busy]");
  if (!busy.length) return;
  function look() {
    fetch("/progress", { headers: { Accept: "application/json" } }).then(function (answer) { return answer.json(); }).then(function (now) {
      var ended = false;
      busy.forEach(function (each) {
        var phase = now[each.dataset.sync];
        if (!phase) { ended = true; return; }
        each.querySelector(".doing").textContent = phase.words;
        var bar = each.querySelector("progress");
        if (phase.total) { bar.max = phase.total; bar.value = phase.done; } else { bar.removeAttribute("value"); }
      });
      if (ended && !touched) { location.reload(); return; }
      setTimeout(look, 1000);
    }).catch(function () { setTimeout(look, 5000); });
  }
  setTimeout(look, 300);
})();
