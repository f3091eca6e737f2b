import { CloseOutlined, PhoneOutlined } from '@ant-design/icons';
import { Button, Card, Flex, Progress, theme, Typography } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { BriefingView, WhoLine } from './briefing.tsx';
import { shortcuts } from './shortcuts.ts';
import type { Offer } from './state.ts';
import { useDeskTexts, type DeskTextKey } from './texts.ts';
import { Transcript } from './transcript.tsx';
import { useNow } from './use-desk.ts';

const titles = {
  voice: 'incomingVoice',
  text: 'incomingText',
  callback: 'incomingCallback',
} as const satisfies Record<string, DeskTextKey>;

/** A contact that rings: everything worth knowing before saying hello, and two buttons. */
export function OfferCard(props: {
  readonly offer: Offer;
  readonly aheadMs: number;
  /** Whether Enter shall answer. Not while there is other work: keys meant for it must not answer a call. */
  readonly takesFocus: boolean;
  readonly accept: () => void;
  readonly decline: () => void;
}) {
  const t = useDeskTexts();
  const { token } = theme.useToken();
  const now = useNow();
  const [firstMs] = useState(() => Math.max(1000, props.offer.untilEpochMs - Date.now()));
  const answer = useRef<HTMLButtonElement>(null);
  const { takesFocus } = props;
  const { card, untilEpochMs } = props.offer;
  // The clock of the page ticks once a second, so that it may be a moment behind.
  const leftMs = Math.min(firstMs, Math.max(0, untilEpochMs - now));
  useEffect(() => {
    if (takesFocus) answer.current?.focus();
  }, [takesFocus]);
  return (
    <Card
      role="region"
      aria-label={t(titles[card.call.channel])}
      size="small"
      style={{ borderColor: token.colorPrimary, borderWidth: 2 }}
    >
      <Flex vertical gap="middle">
        <Flex gap="middle" wrap align="center" justify="space-between">
          <div style={{ flex: '1 1 260px' }}>
            <Typography.Text type="secondary">{t(titles[card.call.channel])}</Typography.Text>
            <br />
            <WhoLine card={card} waitAheadMs={props.aheadMs} />
          </div>
          <Flex gap="small" wrap align="center">
            <Progress
              type="circle"
              size={40}
              percent={Math.min(100, (100 * leftMs) / firstMs)}
              format={() => `${Math.ceil(leftMs / 1000)} ${t('seconds')}`}
              aria-label={t('ringsFor')}
            />
            <Button
              ref={answer}
              type="primary"
              size="large"
              icon={<PhoneOutlined />}
              aria-keyshortcuts={`Alt+${shortcuts.answer.shown}`}
              onClick={props.accept}
            >
              {t('answer')}
            </Button>
            <Button
              danger
              size="large"
              icon={<CloseOutlined />}
              aria-keyshortcuts={`Alt+${shortcuts.decline.shown}`}
              onClick={props.decline}
            >
              {t('decline')}
            </Button>
          </Flex>
        </Flex>
        <Flex gap="large" wrap align="start">
          <div style={{ flex: '1 1 300px', minWidth: 0 }}>
            <BriefingView card={card} />
          </div>
          <div style={{ flex: '1 1 300px', minWidth: 0 }}>
            <Transcript lines={card.transcript} height={300} />
          </div>
        </Flex>
      </Flex>
    </Card>
  );
}
