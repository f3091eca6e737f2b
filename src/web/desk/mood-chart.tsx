import { Flex, Tag, theme, Typography } from 'antd';
import type { MoodPoint } from '../../core/desk.ts';
import { formatDuration } from '../format.ts';
import { moodColours, useDeskCodes } from './code-names.ts';
import { useDeskTexts } from './texts.ts';

const width = 320;
const height = 84;
const margin = 8;
/** As tags have them, which suit light and dark pages. */
const tagColours = { angry: 'red', upset: 'gold', neutral: 'default', pleased: 'green' } as const;

/** How the caller felt over time: anger as a line, the mood as the colour of its points, and what made it so below. */
export function MoodChart({ moods }: { readonly moods: readonly MoodPoint[] }) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const { token } = theme.useToken();
  const first = moods[0];
  const last = moods.at(-1);
  if (!first || !last) return <Typography.Text type="secondary">{t('noMoods')}</Typography.Text>;
  const spanMs = Math.max(1, last.atEpochMs - first.atEpochMs);
  const place = ({ atEpochMs, anger }: MoodPoint) => ({
    x:
      moods.length === 1
        ? width / 2
        : margin + ((atEpochMs - first.atEpochMs) / spanMs) * (width - 2 * margin),
    y: height - margin - anger * (height - 2 * margin),
  });
  const points = moods.map(place);
  const telling = moods.filter(({ causes, mood }) => causes.length > 0 || mood === 'angry').slice(-4);
  const label = `${t('moodOverTime')}: ${moods
    .map(({ mood, anger }) => `${nameOf('mood', mood)} ${Math.round(anger * 100)} %`)
    .join(', ')}`;
  return (
    <Flex vertical gap={4}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={label}
        style={{ width: '100%', maxWidth: 480, background: token.colorFillQuaternary, borderRadius: 6 }}
      >
        {[0, 0.5, 1].map((share) => (
          <line
            key={share}
            x1={margin}
            x2={width - margin}
            y1={height - margin - share * (height - 2 * margin)}
            y2={height - margin - share * (height - 2 * margin)}
            stroke={token.colorBorderSecondary}
          />
        ))}
        <polyline
          points={points.map(({ x, y }) => `${x},${y}`).join(' ')}
          fill="none"
          stroke={token.colorTextTertiary}
          strokeWidth={1.5}
        />
        {moods.map((mood, index) => (
          <circle
            key={mood.atEpochMs}
            cx={points[index]?.x}
            cy={points[index]?.y}
            r={4}
            fill={moodColours[mood.mood]}
          >
            <title>{`${nameOf('mood', mood.mood)}: ${mood.words}`}</title>
          </circle>
        ))}
      </svg>
      {telling.map((mood) => (
        <Typography.Text key={mood.atEpochMs} type="secondary" style={{ fontSize: token.fontSizeSM }}>
          {formatDuration(mood.atEpochMs - first.atEpochMs)} <MoodTag mood={mood.mood} />
          {mood.causes.map((cause) => nameOf('cause', cause)).join(', ')} “{mood.words}”
        </Typography.Text>
      ))}
    </Flex>
  );
}

/** A mood, with how angry where that is worth telling. */
export function MoodTag({ mood, anger }: { readonly mood: MoodPoint['mood']; readonly anger?: number }) {
  const nameOf = useDeskCodes();
  return (
    <Tag color={tagColours[mood]} style={{ marginInlineEnd: 4 }}>
      {nameOf('mood', mood)}
      {anger !== undefined && (mood === 'angry' || mood === 'upset') && ` ${Math.round(anger * 100)} %`}
    </Tag>
  );
}
