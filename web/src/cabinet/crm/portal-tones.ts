/** How the state of a portal looks. */
export const tones = { connecting: 'plain', connected: 'good', interrupted: 'warn', stopped: 'bad', disconnected: 'plain' } as const
