import { z } from 'zod';

// The pages' security policy forbids making code from texts, which zod would try for speed. Loaded before any schema is made.
z.config({ jitless: true });
