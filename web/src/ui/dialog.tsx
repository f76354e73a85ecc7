/** Dialogs and menus: Radix's behaviour, our looks. */
import { DropdownMenu, Dialog as RadixDialog } from 'radix-ui'
import type { ReactNode } from 'react'
import styles from './dialog.module.css'
import { Icon, type IconName } from './icon.tsx'

/** What had the focus last, outside of what floats: it gets it back. Radix knows this only of its own triggers. */
let lastFocused: HTMLElement | null = null
document.addEventListener('focusin', ({ target }) => {
  if (target instanceof HTMLElement && !target.closest('[role="dialog"], [role="menu"]')) lastFocused = target
})

function giveFocusBack(event: Event): void {
  event.preventDefault()
  // One dialog may follow another: then the focus is its own.
  const other = document.querySelector<HTMLElement>('[role="dialog"]')
  if (other) {
    if (!other.contains(document.activeElement)) other.focus()
    return
  }
  if (lastFocused?.isConnected) {
    lastFocused.focus()
    return
  }
  // It was taken away by what the dialog did: a button of the same name may stand elsewhere now.
  const name = lastFocused?.textContent
  const twin = [...document.querySelectorAll<HTMLElement>('main button')].find(
    (button) => button.textContent === name,
  )
  const heading = document.querySelector<HTMLElement>('main h1')
  if (heading) heading.tabIndex = -1
  const next = twin ?? heading
  next?.focus()
}

/** A dialog that asks for something. Escape and the scrim close it, unless `mustAnswer`. */
export function Dialog({
  open,
  onClose,
  title,
  actions,
  children,
  mustAnswer = false,
  wide = false,
}: {
  open: boolean
  onClose: () => void
  title: string
  actions?: ReactNode
  children: ReactNode
  mustAnswer?: boolean
  /** For what is looked through rather than answered. */
  wide?: boolean
}) {
  return (
    <RadixDialog.Root open={open} onOpenChange={(next) => (next || mustAnswer ? undefined : onClose())}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className={styles.scrim} />
        <RadixDialog.Content
          className={styles.dialog}
          data-wide={wide}
          aria-describedby={undefined}
          onCloseAutoFocus={giveFocusBack}
        >
          <RadixDialog.Title className={styles.title}>{title}</RadixDialog.Title>
          <div className={styles.body}>{children}</div>
          {actions ? <div className={styles.actions}>{actions}</div> : null}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  )
}

export type MenuItem =
  | { label: string; icon?: IconName; onSelect: () => void; bad?: boolean; disabled?: boolean }
  | 'separator'

/** A menu behind `trigger`, which must be one element that takes a ref. */
export function Menu({ trigger, items }: { trigger: ReactNode; items: readonly MenuItem[] }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} align="end" sideOffset={4}>
          {items.map((item, index) =>
            item === 'separator' ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: separators have no name, and the list is fixed
              <DropdownMenu.Separator key={index} className={styles.separator} />
            ) : (
              <DropdownMenu.Item
                key={item.label}
                className={`${styles.item} ${item.bad ? styles.bad : ''}`}
                disabled={item.disabled ?? false}
                onSelect={item.onSelect}
              >
                {item.icon ? <Icon name={item.icon} /> : null}
                {item.label}
              </DropdownMenu.Item>
            ),
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
