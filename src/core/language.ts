import { z } from 'zod';

/** The languages Kefu speaks with callers, as BCP 47 primary tags. */
export const languages = ['en', 'zh'] as const;
export const languageSchema = z.enum(languages);
export type Language = z.infer<typeof languageSchema>;

/** A value for each language, for wording kept side by side. */
export type PerLanguage<T> = Readonly<Record<Language, T>>;
