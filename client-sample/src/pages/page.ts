/** What every page is made of. */

export interface Page {
  /** The title of the window. */
  title: string
  elements: HTMLElement[]
  /** Ends whatever the page has running. */
  leave: () => Promise<void>
}
