/** How a decision about a CRM stands, for its journal in the cabinet and in the desk. */
export const runStatesRu = {
  planned: 'ждёт очереди',
  working: 'выполняется',
  done: 'выполнено',
  nothing: 'ничего не создано',
  failed: 'не удалось',
  waiting: 'ждёт CRM',
  replanned: 'решено заново',
}

export const runStatesEn: typeof runStatesRu = {
  planned: 'waits for its turn',
  working: 'being done',
  done: 'done',
  nothing: 'nothing made',
  failed: 'failed',
  waiting: 'waits for the CRM',
  replanned: 'decided anew',
}
