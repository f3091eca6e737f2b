import { PhoneOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Flex, Progress, Space, Tag, Typography } from 'antd';
import { useContext, useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { Expecting } from '../../core/dialog.ts';
import { demoOrders, type DemoOrder } from '../api.ts';
import { BrowserCall, type ServerMessage } from '../audio/browser-call.ts';
import { LanguageContext, useTexts, type TextKey } from '../texts.ts';

interface Said {
  readonly key: number;
  readonly who: 'caller' | 'kefu';
  readonly text: string;
}
type Phase = 'idle' | 'connecting' | 'connected' | 'ended';

const keypad = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;
const phaseTexts: Partial<Record<Phase, TextKey>> = {
  connecting: 'connecting',
  connected: 'connected',
  ended: 'ended',
};

/** Call Kefu with the computer's own microphone. */
export function TestCallPage() {
  const t = useTexts();
  const language = useContext(LanguageContext);
  const call = useRef<BrowserCall | undefined>(undefined);
  const [phase, setPhase] = useState<Phase>('idle');
  const [callId, setCallId] = useState<string>();
  const [said, setSaid] = useState<readonly Said[]>([]);
  const [partial, setPartial] = useState('');
  const [expecting, setExpecting] = useState<Expecting>();
  const [problem, setProblem] = useState<TextKey>();
  const [levels, setLevels] = useState({ microphone: 0, speaker: 0 });
  const orders = useDemoOrders();

  useEffect(() => () => call.current?.hangUp(), []);

  function add(who: Said['who'], text: string): void {
    setSaid((before) => [...before, { key: before.length, who, text }]);
  }

  function onMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'started':
        setPhase('connected');
        setCallId(message.callId);
        return;
      case 'say':
        add('kefu', message.text);
        return;
      case 'partial':
        setPartial(message.text);
        return;
      case 'heard':
        setPartial('');
        add('caller', message.text);
        return;
      case 'listening':
        setExpecting(message.expecting);
        return;
      default:
        return;
    }
  }

  function start(): void {
    setSaid([]);
    setPartial('');
    setProblem(undefined);
    setCallId(undefined);
    setExpecting(undefined);
    setPhase('connecting');
    const peaks = { microphone: 0, speaker: 0 };
    let shownAt = 0;
    const started = new BrowserCall({
      message: onMessage,
      level(side, peak) {
        peaks[side] = Math.max(peak, peaks[side] * 0.8);
        if (performance.now() - shownAt < 80) return;
        shownAt = performance.now();
        setLevels({ ...peaks });
      },
      closed(reason) {
        setPhase('ended');
        setExpecting(undefined);
        setLevels({ microphone: 0, speaker: 0 });
        if (reason === 'microphone') setProblem('noMicrophone');
        if (reason === 'server') setProblem('noServer');
      },
    });
    call.current = started;
    void started.start(language);
  }

  const going = phase === 'connecting' || phase === 'connected';
  const phaseText = phaseTexts[phase];
  return (
    <Flex vertical gap="middle">
      <Card>
        <Flex vertical gap="middle">
          <Typography.Text>{t('intro')}</Typography.Text>
          {language === 'zh' && <Alert type="info" showIcon title={t('englishVoice')} />}
          <Flex gap="middle" align="center" wrap>
            {going ? (
              <Button
                danger
                type="primary"
                size="large"
                icon={<PhoneOutlined />}
                onClick={() => call.current?.hangUp()}
              >
                {t('hangUp')}
              </Button>
            ) : (
              <Button type="primary" size="large" icon={<PhoneOutlined />} onClick={start}>
                {t('call')}
              </Button>
            )}
            {phaseText && <Tag color={phase === 'connected' ? 'green' : 'default'}>{t(phaseText)}</Tag>}
            {expecting && expecting.kind !== 'anything' && (
              <Tag color="blue">
                {t('waitingFor')}: {expecting.slot}
              </Tag>
            )}
          </Flex>
          {problem && <Alert type="error" showIcon title={t(problem)} />}
          <Flex gap="large" wrap>
            <Level label={t('microphone')} value={levels.microphone} />
            <Level label={t('speaker')} value={levels.speaker} />
          </Flex>
        </Flex>
      </Card>
      <Flex gap="middle" wrap align="start">
        <Card title={t('conversation')} style={{ flex: '2 1 380px' }}>
          <Conversation said={said} partial={partial} />
          {phase === 'ended' && callId !== undefined && (
            <Link to={`/calls/${callId}`}>{t('openTimeline')}</Link>
          )}
        </Card>
        <Flex vertical gap="middle" style={{ flex: '1 1 260px' }}>
          {orders.length > 0 && (
            <Card title={t('tryOrders')} size="small">
              {orders.map((order) => (
                <Typography.Paragraph key={order.orderId} style={{ marginBottom: 8 }}>
                  <Typography.Text strong>{order.orderId}</Typography.Text> · {order.customer}
                  <br />
                  <Typography.Text type="secondary">{order.about[language]}</Typography.Text>
                </Typography.Paragraph>
              ))}
            </Card>
          )}
          <Card title={t('keys')} size="small">
            <div style={{ display: 'grid', gridTemplateColumns: 'repeat(3, 1fr)', gap: 8 }}>
              {keypad.map((key) => (
                <Button
                  key={key}
                  aria-label={`${t('key')} ${key}`}
                  disabled={phase !== 'connected'}
                  onClick={() => call.current?.digit(key)}
                >
                  {key}
                </Button>
              ))}
            </div>
          </Card>
        </Flex>
      </Flex>
    </Flex>
  );
}

function useDemoOrders(): readonly DemoOrder[] {
  const [orders, setOrders] = useState<readonly DemoOrder[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    demoOrders(abort.signal)
      .then(setOrders)
      .catch((error: unknown) => {
        // With a real shop there are no demo orders to show; the call works all the same.
        if (!abort.signal.aborted) console.warn('No demo orders to show', error);
      });
    return () => abort.abort();
  }, []);
  return orders;
}

function Level({ label, value }: { readonly label: string; readonly value: number }) {
  // A logarithmic meter over 50 dB, as ears hear.
  const percent = value <= 0 ? 0 : Math.max(0, Math.min(100, 100 + 40 * Math.log10(value)));
  return (
    <div style={{ minWidth: 180, flex: 1 }}>
      <Typography.Text type="secondary">{label}</Typography.Text>
      <Progress percent={Math.round(percent)} showInfo={false} aria-label={label} />
    </div>
  );
}

function Conversation({ said, partial }: { readonly said: readonly Said[]; readonly partial: string }) {
  const t = useTexts();
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // In braces: newer browsers return a promise here, which React would take for a clean-up function.
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [said, partial]);
  const lines = partial === '' ? said : [...said, { key: -1, who: 'caller' as const, text: `${partial} …` }];
  return (
    <Space
      orientation="vertical"
      style={{ width: '100%', maxHeight: 480, overflowY: 'auto' }}
      aria-live="polite"
    >
      {lines.map((line) => (
        <div key={line.key}>
          <Tag color={line.who === 'kefu' ? 'blue' : 'green'}>
            {t(line.who === 'kefu' ? 'speaker' : 'caller')}
          </Tag>{' '}
          <Typography.Text {...(line.key === -1 && { type: 'secondary' })}>{line.text}</Typography.Text>
        </div>
      ))}
      <div ref={end} />
    </Space>
  );
}
