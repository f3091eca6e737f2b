import { Alert, Button, Card, Flex, List, Popconfirm, Tag, Typography } from 'antd';
import { useCallback, useContext, useEffect, useState } from 'react';
import { openMessagesSchema, type OpenMessage } from '../../core/desk-records.ts';
import { loadJson, loadSound } from '../api.ts';
import { formatDuration, formatTime } from '../format.ts';
import { send } from '../people/api.ts';
import { LanguageContext } from '../texts.ts';
import { useDeskCodes } from './code-names.ts';
import { useDeskTexts } from './texts.ts';

/** How often the list is read again; it is read at once when the queue changes. */
const readEveryMs = 15_000;

/** The messages that callers have left: read them, hear them, take one to call back, or be done with it. Nothing while there are none. */
export function Messages({
  waiting,
  mayTake,
}: {
  /** How many wait in the queue: when that changes, the messages may have. */
  readonly waiting: number;
  /** Whether a contact can ring here now. */
  readonly mayTake: boolean;
}) {
  const t = useDeskTexts();
  const [messages, setMessages] = useState<readonly OpenMessage[]>([]);
  const [problem, setProblem] = useState<string>();
  const read = useCallback((signal: AbortSignal) => {
    loadJson('/api/desk/messages', openMessagesSchema, signal)
      .then((answer) => setMessages(answer.messages))
      .catch((error: unknown) => {
        if (!signal.aborted) setProblem(error instanceof Error ? error.message : String(error));
      });
  }, []);
  useEffect(() => {
    const abort = new AbortController();
    read(abort.signal);
    const timer = setInterval(() => read(abort.signal), readEveryMs);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [read, waiting]);
  const tell = (callId: string, what: 'take' | 'settle') => {
    setProblem(undefined);
    send('POST', `/api/desk/messages/${encodeURIComponent(callId)}/${what}`)
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => read(AbortSignal.timeout(10_000)));
  };

  if (messages.length === 0 && problem === undefined) return null;
  return (
    <Card size="small" title={`${t('messages')} (${String(messages.length)})`}>
      <Flex vertical gap="small">
        {problem !== undefined && <Alert type="warning" showIcon title={problem} />}
        <List
          aria-label={t('messages')}
          dataSource={[...messages]}
          rowKey="callId"
          renderItem={(message) => (
            <List.Item style={{ paddingInline: 0 }}>
              <MessageItem
                message={message}
                mayTake={mayTake}
                take={() => tell(message.callId, 'take')}
                settle={() => tell(message.callId, 'settle')}
              />
            </List.Item>
          )}
        />
      </Flex>
    </Card>
  );
}

function MessageItem({
  message,
  mayTake,
  take,
  settle,
}: {
  readonly message: OpenMessage;
  readonly mayTake: boolean;
  readonly take: () => void;
  readonly settle: () => void;
}) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const language = useContext(LanguageContext);
  const { callId, number, customerName, takenBy } = message;
  return (
    <Flex vertical gap={4} style={{ width: '100%', minWidth: 0 }}>
      <Flex gap="small" wrap align="center">
        <Typography.Text strong>{customerName ?? t('unknownCaller')}</Typography.Text>
        {number !== '' && <Typography.Link href={`tel:${number}`}>{number}</Typography.Link>}
        <Tag>{nameOf('language', message.language)}</Tag>
        <Typography.Text type="secondary">
          {formatTime(message.leftAtEpochMs, language)}, {formatDuration(message.durationMs)}
        </Typography.Text>
      </Flex>
      <Typography.Paragraph style={{ margin: 0, overflowWrap: 'anywhere' }} lang={message.language}>
        {message.text}
      </Typography.Paragraph>
      <Flex gap="small" wrap align="center">
        {message.hasSound && <MessageSound callId={callId} />}
        {takenBy === null ? (
          <>
            <Button
              size="small"
              disabled={!mayTake}
              title={mayTake ? undefined : t('takeNeedsAvailable')}
              onClick={take}
            >
              {t('takeMessage')}
            </Button>
            <Popconfirm
              title={t('settleSure')}
              okText={t('settleMessage')}
              cancelText={t('cancel')}
              onConfirm={settle}
            >
              <Button size="small">{t('settleMessage')}</Button>
            </Popconfirm>
          </>
        ) : (
          <Tag color="blue">
            {t('takenBy')} {takenBy}
          </Tag>
        )}
      </Flex>
    </Flex>
  );
}

/** The sound of a message, loaded when somebody wants to hear it. */
function MessageSound({ callId }: { readonly callId: string }) {
  const t = useDeskTexts();
  const [url, setUrl] = useState<string>();
  const [failed, setFailed] = useState(false);
  useEffect(() => () => (url === undefined ? undefined : URL.revokeObjectURL(url)), [url]);
  if (url !== undefined)
    return (
      <audio
        controls
        autoPlay
        src={url}
        aria-label={t('playMessage')}
        style={{ maxWidth: '100%', height: 32 }}
      />
    );
  return (
    <Button
      size="small"
      danger={failed}
      onClick={() => {
        setFailed(false);
        loadSound(`/api/desk/voicemail/${encodeURIComponent(callId)}`, AbortSignal.timeout(30_000))
          .then(setUrl)
          .catch(() => setFailed(true));
      }}
    >
      {failed ? t('playFailed') : t('playMessage')}
    </Button>
  );
}
