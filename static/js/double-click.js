// The second click of a double click that began on the page before presses nothing here. Loaded in the head of pages
// whose buttons cannot be undone, so that it is in place before they are painted.
{
  let began = false;
  addEventListener(
    "click",
    (event) => {
      if (event.detail > 1 && !began) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
      began ||= event.detail === 1;
    },
    true,
  );
}
