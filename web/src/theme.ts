/** Light or dark: as the system has it, unless somebody chose. Kept in this browser. */

export type Theme = 'system' | 'dark' | 'light'

const KEY = 'framecast.theme'

/** What was chosen; a browser that keeps nothing follows the system. */
export function chosenTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY)
    return kept === 'dark' || kept === 'light' ? kept : 'system'
  } catch {
    return 'system'
  }
}

/** Shows the page in a theme; called before anything is drawn. */
export function showTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function chooseTheme(theme: Theme): void {
  showTheme(theme)
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // It lasts as long as the page.
  }
}
