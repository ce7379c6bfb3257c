/** Makes elements. Text is always text: nothing that a program printed becomes markup. */
type Child = Node | string | undefined | false;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | boolean | ((event: never) => void)>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value as unknown as EventListener);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== false));
  return made;
}

/** Something in a sentence that takes the reader elsewhere on the page. */
export function jump(text: string, act: () => void, title = ''): HTMLElement {
  return element('button', { type: 'button', class: 'jump', title, click: act }, text);
}
