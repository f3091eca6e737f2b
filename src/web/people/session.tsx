import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from 'react';
import { Alert, Button, Skeleton } from 'antd';
import type { SessionView } from '../../core/people.ts';
import { accessChanged, forgetApiToken } from '../api.ts';
import { useTexts } from '../texts.ts';
import { logOut, whoAmI } from './api.ts';
import { useProblemText } from './problem.tsx';

/** Who looks at the pages, for all of them. */
export interface SessionState extends SessionView {
  /** Asks the server again, as after logging in. */
  readonly reload: () => Promise<void>;
  readonly leave: () => Promise<void>;
}

const SessionContext = createContext<SessionState>({
  setUp: false,
  maySetUp: false,
  me: null,
  reload: () => Promise.resolve(),
  leave: () => Promise.resolve(),
});

export const useSession = (): SessionState => useContext(SessionContext);

/** Knows who looks at the pages, and shows nothing before. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const t = useTexts();
  const textOf = useProblemText();
  const [view, setView] = useState<SessionView>();
  const [problem, setProblem] = useState<unknown>();

  const reload = useCallback(async () => {
    try {
      setView(await whoAmI());
      setProblem(undefined);
    } catch (error) {
      setProblem(error);
    }
  }, []);
  const leave = useCallback(async () => {
    forgetApiToken();
    try {
      // A token is forgotten, and there is nothing to end.
      if (view?.me?.via === 'session') await logOut();
    } catch (error) {
      setProblem(error);
    }
    await reload();
  }, [reload, view]);
  useEffect(() => {
    const onChange = () => void reload();
    onChange();
    accessChanged.addEventListener('change', onChange);
    return () => accessChanged.removeEventListener('change', onChange);
  }, [reload]);

  if (problem !== undefined && !view)
    return (
      <Alert
        type="error"
        showIcon
        title={t('loadFailed')}
        description={textOf(problem)}
        action={<Button onClick={() => void reload()}>{t('refresh')}</Button>}
      />
    );
  if (!view) return <Skeleton active />;
  return <SessionContext value={{ ...view, reload, leave }}>{children}</SessionContext>;
}
