import { Alert } from 'antd';
import { useContext, useEffect, useState } from 'react';
import { formatDuration } from '../format.ts';
import { LanguageContext, useTexts } from '../texts.ts';
import { Refused } from './api.ts';
import { problems } from './texts.ts';

/** Why the server refused, in the chosen language where its code is known. */
export function useProblemText(): (problem: unknown) => string {
  const language = useContext(LanguageContext);
  return (problem) => {
    const known = problem instanceof Refused ? problems[problem.code] : undefined;
    return known?.[language] ?? (problem instanceof Error ? problem.message : String(problem));
  };
}

/** How long to wait still, anew every second, and then that the wait is over. */
function Wait({ untilEpochMs }: { readonly untilEpochMs: number }) {
  const t = useTexts();
  const [leftMs, setLeftMs] = useState(() => untilEpochMs - Date.now());
  useEffect(() => {
    const look = () => setLeftMs(untilEpochMs - Date.now());
    look();
    const timer = setInterval(look, 1000);
    return () => clearInterval(timer);
  }, [untilEpochMs]);
  if (leftMs <= 0) return t('tryNow');
  // Screen readers would read every second aloud.
  return (
    <span role="timer" aria-live="off">
      {t('tryIn')} {formatDuration(leftMs)}
    </span>
  );
}

/** A problem above a form, or nothing. */
export function Problem({ problem }: { readonly problem: unknown }) {
  const textOf = useProblemText();
  if (problem === undefined) return null;
  const untilEpochMs = problem instanceof Refused ? problem.againAtEpochMs : undefined;
  return (
    <Alert
      type="error"
      showIcon
      title={textOf(problem)}
      description={untilEpochMs === undefined ? undefined : <Wait untilEpochMs={untilEpochMs} />}
    />
  );
}
