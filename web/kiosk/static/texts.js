// What the page was told when it was rendered: its settings and its words.

export const settings = JSON.parse(document.getElementById('settings').textContent);

// words returns the text under key in both languages, or undefined.
export function words(key) {
  const { ja, en } = settings.texts;
  return key in ja ? { ja: ja[key], en: en[key] } : undefined;
}

// say puts both languages into the two parts of an element meant for them.
export function say(element, key) {
  const text = words(key);
  for (const part of element.querySelectorAll('[data-say]')) part.textContent = text[part.dataset.say];
}
