import { Button, Flex, Typography } from 'antd';
import { useEffect, useState } from 'react';
import { suggestionsSchema, type Suggestion } from '../../core/desk-flows.ts';
import { loadJson } from '../api.ts';
import type { DeskClient } from './client.ts';
import { latestLine, withSuggestion } from './flow-answers.ts';
import type { Contact } from './state.ts';
import { useDeskTexts } from './texts.ts';

/** Suggestions are of no use later than this. */
const limitMs = 5_000;

/** What may be said next: to be read aloud, or, in writing, put into the message by a click. */
export function SuggestedAnswers({
  contact,
  desk,
}: {
  readonly contact: Contact;
  readonly desk: DeskClient;
}) {
  const t = useDeskTexts();
  const { card, entryId } = contact;
  const { callId, channel } = card.call;
  const line = latestLine(card.transcript);
  const [found, setFound] = useState<{ readonly of: string; readonly suggestions: readonly Suggestion[] }>();
  const of = `${callId} ${String(line)}`;
  useEffect(() => {
    if (line === undefined) return;
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(limitMs)]);
    loadJson(`/api/desk/suggestions/${encodeURIComponent(callId)}`, suggestionsSchema, signal)
      .then(({ suggestions }) => setFound({ of, suggestions }))
      .catch(() => {
        // The conversation does not need them.
        if (!abort.signal.aborted) setFound({ of, suggestions: [] });
      });
    return () => abort.abort();
  }, [callId, line, of]);
  if (found?.of !== of || found.suggestions.length === 0) return null;
  return (
    <div role="group" aria-label={t('suggestions')}>
      <Typography.Text type="secondary">{t('suggestions')}</Typography.Text>
      <Flex vertical gap={4}>
        {found.suggestions.map(({ text }) =>
          channel === 'text' ? (
            <Button
              key={text}
              title={t('suggestionUse')}
              style={{
                height: 'auto',
                paddingBlock: 4,
                whiteSpace: 'normal',
                textAlign: 'start',
                justifyContent: 'flex-start',
              }}
              onClick={() => {
                const key = `text:${entryId}`;
                desk.dispatch({
                  type: 'draft',
                  key,
                  text: withSuggestion(desk.state.drafts[key] ?? '', text),
                });
              }}
            >
              {text}
            </Button>
          ) : (
            <Typography.Text key={text}>“{text}”</Typography.Text>
          ),
        )}
      </Flex>
    </div>
  );
}
