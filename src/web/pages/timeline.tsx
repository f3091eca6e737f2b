import { theme } from 'antd';
import type { Span } from '../conversation.ts';
import { formatOffset } from '../format.ts';
import { useTexts } from '../texts.ts';

const rowHeight = 30;
const labelWidth = 70;
const pixelsPerSecond = 34;

/** Who spoke when: one row per side, time to the right; hovering a stretch shows its words. */
export function Timeline({ spans }: { readonly spans: readonly Span[] }) {
  const t = useTexts();
  const { token } = theme.useToken();
  const lengthMs = Math.max(5000, ...spans.map(({ endMs }) => endMs)) + 1000;
  const x = (ms: number) => labelWidth + (ms / 1000) * pixelsPerSecond;
  const sides = ['caller', 'kefu'] as const;
  const tickEveryS = lengthMs > 120_000 ? 10 : 5;
  const ticks = Array.from(
    { length: Math.floor(lengthMs / 1000 / tickEveryS) + 1 },
    (_, index) => index * tickEveryS,
  );
  return (
    <div style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label={t('timeline')}>
      <svg width={x(lengthMs)} height={rowHeight * 2 + 26} role="img" aria-label={t('timeline')}>
        {ticks.map((second) => (
          <g key={second}>
            <line
              x1={x(second * 1000)}
              x2={x(second * 1000)}
              y1={0}
              y2={rowHeight * 2}
              stroke={token.colorBorderSecondary}
            />
            <text x={x(second * 1000)} y={rowHeight * 2 + 18} fontSize={11} fill={token.colorTextSecondary}>
              {formatOffset(second * 1000)}
            </text>
          </g>
        ))}
        {sides.map((side, row) => (
          <text key={side} x={0} y={row * rowHeight + 20} fontSize={13} fill={token.colorText}>
            {t(side === 'caller' ? 'caller' : 'speaker')}
          </text>
        ))}
        {spans.map((span, index) => (
          <rect
            key={index}
            x={x(span.startMs)}
            y={(span.side === 'caller' ? 0 : 1) * rowHeight + 5}
            width={Math.max(2, x(span.endMs) - x(span.startMs))}
            height={rowHeight - 10}
            rx={4}
            fill={span.side === 'caller' ? token.colorSuccess : token.colorPrimary}
          >
            <title>{`${formatOffset(span.startMs)} ${span.text}`}</title>
          </rect>
        ))}
      </svg>
    </div>
  );
}
