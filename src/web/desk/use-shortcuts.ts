import { useEffect } from 'react';
import { shortcutOf, type Shortcut } from './shortcuts.ts';

/** Runs an action for its keys while the page is shown; an action returns false when there is nothing to do. */
export function useShortcuts(run: (shortcut: Shortcut | number) => boolean): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const shortcut = shortcutOf(event);
      if (shortcut !== undefined && run(shortcut)) event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [run]);
}
