import type { AgentProfile } from '../core/handoff.ts';
import { languages } from '../core/language.ts';
import type { Person, PersonProfile } from '../core/people.ts';

/** A person as the router knows them: with teams, languages, skills, room for texts, and hours. */
export function agentProfileOf({ id, profile }: Person): AgentProfile {
  const { teams, languages: spoken, skills, textCapacity, hours } = profile;
  return { id, teams, languages: spoken, skills, textCapacity, ...(hours && { hours }) };
}

/** Somebody new: all languages, no team, no special skill, three texts at once. */
export const newProfile: PersonProfile = {
  teams: [],
  languages: [...languages],
  skills: {},
  textCapacity: 3,
};
