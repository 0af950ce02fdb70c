import { Refused } from '../../kit/api/client'

/** What came from outside, as it came: a file and no JSON. */
export async function readBody(path: string): Promise<string> {
  let answer: Response
  try {
    answer = await fetch(path)
  } catch {
    throw new Refused(0, null)
  }
  if (!answer.ok) throw new Refused(answer.status, null)
  return answer.text()
}
