// What is looked at on a page, from inside of it: an object of functions, each of which returns what is wrong.
({
  // What axe finds; its frames are left out, for they are mails of somebody else.
  async barriers(rules) {
    const only = rules && { runOnly: { type: "rule", values: rules } };
    const { violations } = await axe.run(document, { iframes: false, resultTypes: ["violations"], ...only });
    const why = ({ any, all, none }) => [...any, ...all, ...none].map((each) => each.message)[0];
    return violations.map(({ id, impact, nodes }) => ({
      id, impact, at: nodes.slice(0, 5).map((each) => `${each.target.join(" ")}: ${why(each)}`),
    }));
  },

  // What makes the page scroll sideways.
  overflow() {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > clientWidth + 1);
    return [`${scrollWidth} px wide`, ...wide.slice(0, 5).map((each) => each.outerHTML.slice(0, 120))];
  },

  // Focus that a script gives shows like that of the keyboard, once a key was the last thing pressed.
  lostFocus() {
    const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    const reachable = (each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled;
    const shows = (each) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(each);
      return outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
    };
    const problem = (each) => {
      each.focus();
      const around = [each, each.parentElement, each.parentElement.parentElement];
      if (document.activeElement !== each) return "can't be focused";
      if (!around.some(shows)) return "does not show that it has the focus";
      return each.tabIndex > 0 ? "jumps the queue" : "";
    };
    return [...document.querySelectorAll(controls)].filter(reachable).map((each) => [each, problem(each)])
      .filter(([, said]) => said).map(([each, said]) => `${said}: ${each.outerHTML.slice(0, 120)}`);
  },
})
