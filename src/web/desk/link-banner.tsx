import { Alert, App as AntApp, Button } from 'antd';
import { useEffect, useState } from 'react';
import type { DeskClient } from './client.ts';
import { isOwnProblem, useDeskCodes } from './code-names.ts';
import type { DeskState } from './state.ts';
import { useDeskTexts } from './texts.ts';

/** Says plainly when the line to the server is lost or refused. */
export function LinkBanner({ state, desk }: { readonly state: DeskState; readonly desk: DeskClient }) {
  const t = useDeskTexts();
  const { link } = state;
  switch (link.state) {
    case 'open':
    case 'closed':
      return null;
    case 'connecting':
      return link.lostSinceEpochMs === null ? (
        <Alert role="status" type="info" title={t('connecting')} />
      ) : (
        <Alert role="alert" type="error" showIcon title={t('lineLost')} description={t('lineLostHint')} />
      );
    case 'refused':
      return (
        <Alert
          role="alert"
          type="error"
          showIcon
          title={t('refused')}
          description={`${link.reason} ${t('refusedHint')}`.trim()}
          action={<Button onClick={() => desk.connectAgain()}>{t('connectAgain')}</Button>}
        />
      );
  }
}

/** Shows each problem once, for as long as it takes to read it. */
export function useProblems(state: DeskState): void {
  const { message } = AntApp.useApp();
  const nameOf = useDeskCodes();
  const { problem } = state;
  // What went wrong before this page was opened is old news.
  const [firstId] = useState(problem?.id);
  useEffect(() => {
    if (!problem || problem.id === firstId) return;
    const content = isOwnProblem(problem.code) ? nameOf('problem', problem.code) : problem.message;
    void message.open({ type: 'error', content, duration: 8, key: problem.code });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each problem, not again when the language changes
  }, [problem?.id]);
}
