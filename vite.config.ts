import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Builds the browser side into src/web/dist, which the server serves. */
export default defineConfig({
  root: 'src/web',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // Ant Design alone exceeds the default of 500 kB; it is loaded once from this machine.
    chunkSizeWarningLimit: 2000,
  },
});
