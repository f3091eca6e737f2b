import { Alert, Button, Card, Flex, Input, Space, Spin, Typography } from 'antd';
import { useContext, useEffect, useState } from 'react';
import { z } from 'zod';
import {
  deskFlowOfferSchema,
  deskFlowSchema,
  type DeskFlow,
  type DeskFlowAnswer,
  type DeskFlowOffer,
  type DeskFlowQuestion,
} from '../../core/desk-flows.ts';
import { loadJson } from '../api.ts';
import { send } from '../people/api.ts';
import { LanguageContext } from '../texts.ts';
import { confirmTexts, endingOf, typedAnswer, withPressed } from './flow-answers.ts';
import { useDeskTexts } from './texts.ts';

const offersSchema = z.object({ flows: z.array(deskFlowOfferSchema) });
const pathOf = ({ id }: DeskFlow) => `/api/desk/flows/${encodeURIComponent(id)}`;

/** What Kefu can do for the caller at the press of a button, and the flow that is under way. It stays while another contact is shown. */
export function FlowPanel({ callId }: { readonly callId: string }) {
  const t = useDeskTexts();
  const language = useContext(LanguageContext);
  const [offers, setOffers] = useState<readonly DeskFlowOffer[]>([]);
  const [latest, setLatest] = useState<DeskFlow>();
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    loadJson('/api/desk/flows', offersSchema, abort.signal)
      .then(({ flows }) => setOffers(flows))
      .catch(() => {
        if (!abort.signal.aborted) setProblem(true);
      });
    return () => abort.abort();
  }, []);

  const flow = latest?.callId === callId ? latest : undefined;
  const run = (work: () => Promise<unknown>) => {
    setWorking(true);
    setProblem(false);
    work()
      .then((answer) => setLatest(answer === undefined ? undefined : deskFlowSchema.parse(answer)))
      .catch(() => setProblem(true))
      .finally(() => setWorking(false));
  };
  const start = (intent: string, sameOrder = true) =>
    run(() => send('POST', '/api/desk/flows', { callId, intent, language, sameOrder }));
  const leave = () => {
    setLatest(undefined);
    // One that is over, or that the server has ended meanwhile, is only put away.
    if (flow?.outcome === null) send('DELETE', pathOf(flow)).catch(() => undefined);
  };

  return (
    <Card size="small" title={t('flows')}>
      <Flex vertical gap="small">
        {problem && <Alert type="warning" showIcon title={t('flowProblem')} />}
        {!flow && (
          <Space wrap size={[8, 8]} role="group" aria-label={t('flowStarts')}>
            {offers.map(({ intent, label }) => (
              <Button key={intent} size="small" disabled={working} onClick={() => start(intent)}>
                {label[language]}
              </Button>
            ))}
          </Space>
        )}
        {flow && (
          <>
            <div role="log" aria-live="polite">
              {flow.lines.map(({ who, text }, index) => (
                <Typography.Paragraph
                  key={index}
                  style={{ margin: '0 0 4px', ...(who === 'agent' && { textAlign: 'right', opacity: 0.7 }) }}
                >
                  {text}
                </Typography.Paragraph>
              ))}
            </div>
            {flow.question && !working && (
              <Question
                key={flow.lines.length}
                question={flow.question}
                answer={(answer) => run(() => send('POST', `${pathOf(flow)}/answer`, answer))}
              />
            )}
            <Ending flow={flow} />
            <Space wrap>
              <Button size="small" disabled={working} onClick={leave}>
                {t(flow.outcome === null ? 'flowStop' : 'flowClose')}
              </Button>
              {flow.outcome === null && (
                <Button size="small" type="link" disabled={working} onClick={() => start(flow.intent, false)}>
                  {t('flowOtherOrder')}
                </Button>
              )}
            </Space>
          </>
        )}
        {working && (
          <span role="status">
            <Spin size="small" /> {t('flowWorking')}
          </span>
        )}
        {(flow?.outcome ?? null) === null && (
          <Typography.Text type="secondary">{t('flowHint')}</Typography.Text>
        )}
      </Flex>
    </Card>
  );
}

function Ending({ flow }: { readonly flow: DeskFlow }) {
  const t = useDeskTexts();
  const ending = endingOf(flow);
  if (!ending) return null;
  return (
    <Alert
      role="status"
      showIcon
      type={ending.type}
      title={t(ending.text)}
      description={flow.done.length > 0 ? flow.done.join(' ') : undefined}
    />
  );
}

function Question(props: {
  readonly question: DeskFlowQuestion;
  readonly answer: (answer: DeskFlowAnswer) => void;
}) {
  const t = useDeskTexts();
  const { question, answer } = props;
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [text, setText] = useState('');
  const typed = typedAnswer(question, text);
  if (question.kind === 'confirm') {
    const { yes, no } = confirmTexts(question);
    return (
      <Space wrap>
        <Button type="primary" onClick={() => answer({ kind: 'confirm', yes: true })}>
          {t(yes)}
        </Button>
        <Button onClick={() => answer({ kind: 'confirm', yes: false })}>{t(no)}</Button>
      </Space>
    );
  }
  return (
    <Flex vertical gap="small">
      {question.choices.length > 0 && (
        <Space wrap size={[8, 8]}>
          {question.choices.map(({ id, label }) => (
            <Button
              key={id}
              style={{ height: 'auto', paddingBlock: 4, whiteSpace: 'normal' }}
              type={chosen.includes(id) ? 'primary' : 'default'}
              aria-pressed={question.many ? chosen.includes(id) : undefined}
              onClick={() =>
                question.many
                  ? setChosen(withPressed(question, chosen, id))
                  : answer({ kind: 'choose', ids: [id] })
              }
            >
              {label}
            </Button>
          ))}
          {question.many && (
            <Button
              type="primary"
              disabled={chosen.length === 0}
              onClick={() => answer({ kind: 'choose', ids: [...chosen] })}
            >
              {t('flowTake')}
            </Button>
          )}
        </Space>
      )}
      <Space.Compact>
        <Input
          aria-label={t('flowAnswer')}
          placeholder={t('flowAnswer')}
          maxLength={2000}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onPressEnter={(event) => {
            // While Chinese is being composed, Enter chooses characters.
            if (typed && !event.nativeEvent.isComposing) answer(typed);
          }}
        />
        <Button disabled={!typed} onClick={() => typed && answer(typed)}>
          {t('flowGo')}
        </Button>
      </Space.Compact>
    </Flex>
  );
}
