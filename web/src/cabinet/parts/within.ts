/** Whether a path is this one or below it. */
export const isWithin = (path: string, base: string) => path === base || path.startsWith(`${base}/`)
