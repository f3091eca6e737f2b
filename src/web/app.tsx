import { App as AntApp, ConfigProvider, Flex, Layout, Menu, Segmented, Typography, theme } from 'antd';
import en from 'antd/locale/en_US';
import zh from 'antd/locale/zh_CN';
import { useEffect, useState, type ReactNode } from 'react';
import { Link, Route, Routes, useLocation } from 'react-router';
import { languages, type Language } from '../core/language.ts';
import { DeskPage, FiguresPage, SupervisePage } from './lazy-pages.tsx';
import { CallPage } from './pages/call.tsx';
import { CallsPage } from './pages/calls.tsx';
import { TestCallPage } from './pages/test-call.tsx';
import { LanguageContext, useTexts } from './texts.ts';

const themes = ['light', 'dark'] as const;
type Theme = (typeof themes)[number];

/** A setting of this browser: what was chosen before, else what the browser prefers. */
function useSetting<Value extends string>(
  key: string,
  allowed: readonly Value[],
  preferred: () => Value,
): [Value, (value: Value) => void] {
  const [value, setValue] = useState<Value>(() => {
    const stored = localStorage.getItem(key);
    return allowed.find((candidate) => candidate === stored) ?? preferred();
  });
  return [
    value,
    (next) => {
      localStorage.setItem(key, next);
      setValue(next);
    },
  ];
}

const languageNames: Record<Language, string> = { en: 'English', zh: '中文' };

function Frame(props: {
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
  readonly colours: Theme;
  readonly onColours: (colours: Theme) => void;
  readonly children: ReactNode;
}) {
  const t = useTexts();
  const { token } = theme.useToken();
  const { pathname } = useLocation();
  return (
    <Layout style={{ minHeight: '100vh' }}>
      <Layout.Header
        style={{
          background: token.colorBgContainer,
          borderBottom: `1px solid ${token.colorBorderSecondary}`,
          height: 'auto',
          paddingBlock: 8,
          paddingInline: 16,
        }}
      >
        <Flex align="center" gap="small" wrap style={{ minHeight: 40, lineHeight: 'normal' }}>
          <Typography.Title level={4} style={{ margin: 0 }}>
            Kefu <span lang="zh">客服</span>
          </Typography.Title>
          <Menu
            mode="horizontal"
            style={{ flex: 1, minWidth: 180, border: 'none', background: 'transparent' }}
            selectedKeys={[pathname === '/' ? 'test' : (pathname.split('/')[1] ?? '')]}
            items={[
              { key: 'test', label: <Link to="/">{t('testCall')}</Link> },
              { key: 'calls', label: <Link to="/calls">{t('calls')}</Link> },
              { key: 'desk', label: <Link to="/desk">{t('desk')}</Link> },
              { key: 'supervise', label: <Link to="/supervise">{t('supervise')}</Link> },
              { key: 'figures', label: <Link to="/figures">{t('figures')}</Link> },
            ]}
          />
          <Segmented<Language>
            aria-label={t('language')}
            value={props.language}
            onChange={props.onLanguage}
            options={languages.map((value) => ({ value, label: languageNames[value] }))}
          />
          <Segmented<Theme>
            aria-label={t('theme')}
            value={props.colours}
            onChange={props.onColours}
            options={themes.map((value) => ({ value, label: t(value) }))}
          />
        </Flex>
      </Layout.Header>
      <Layout.Content style={{ padding: 16, maxWidth: 1100, width: '100%', marginInline: 'auto' }}>
        {props.children}
      </Layout.Content>
    </Layout>
  );
}

/** The browser side of Kefu: test call, list of calls, timeline of one call. */
export function App() {
  const [language, setLanguage] = useSetting<Language>('kefu.language', languages, () =>
    navigator.language.startsWith('zh') ? 'zh' : 'en',
  );
  const [colours, setColours] = useSetting<Theme>('kefu.theme', themes, () =>
    matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
  );
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.style.colorScheme = colours;
  }, [language, colours]);
  return (
    <LanguageContext value={language}>
      <ConfigProvider
        locale={language === 'zh' ? zh : en}
        theme={{ algorithm: colours === 'dark' ? theme.darkAlgorithm : theme.defaultAlgorithm }}
      >
        <AntApp>
          <Frame language={language} onLanguage={setLanguage} colours={colours} onColours={setColours}>
            <Pages />
          </Frame>
        </AntApp>
      </ConfigProvider>
    </LanguageContext>
  );
}

function Pages() {
  const t = useTexts();
  return (
    <Routes>
      <Route path="/" element={<TestCallPage />} />
      <Route path="/calls" element={<CallsPage />} />
      <Route path="/calls/:id" element={<CallPage />} />
      <Route path="/desk" element={<DeskPage />} />
      <Route path="/supervise" element={<SupervisePage />} />
      <Route path="/figures" element={<FiguresPage />} />
      <Route path="*" element={<Typography.Paragraph>{t('notFound')}</Typography.Paragraph>} />
    </Routes>
  );
}
