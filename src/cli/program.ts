/** How the reader called this program: `npx cyclops` in a clone or beside an installed package, `cyclops` on the PATH. */
export const program: string = process.env.npm_command === 'exec' ? 'npx cyclops' : 'cyclops';
