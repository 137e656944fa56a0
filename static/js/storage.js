/*
 * Where a browser forbids storage, reading `localStorage` throws. Then what the scripts keep lasts
 * as long as the page. First in each bundle.
 */
class PageStorage extends Map {
  getItem(key) {
    return this.get(key) ?? null;
  }
  setItem(key, value) {
    this.set(key, String(value));
  }
  removeItem(key) {
    this.delete(key);
  }
}
for (const name of ["localStorage", "sessionStorage"]) {
  try {
    window[name].getItem(name);
  } catch {
    Object.defineProperty(window, name, { value: new PageStorage() });
  }
}
