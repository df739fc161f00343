import { rmSync, writeFileSync } from 'node:fs';
import Replicate from 'replicate';

/** Where the service under test is; see NpmClientTests.cs. */
export const origin = process.env.LORAHUB_URL;

export const model = 'lorahub/lorahub';

export const replicate = new Replicate({ auth: process.env.LORAHUB_TOKEN, baseUrl: `${origin}/v1` });

/** What the scripted predictor does by its seed; see tests/LoraHub.TestHost/SeedPredictor.cs. */
export const seeds = { fails: 1, untilCanceled: 2, second: 1000 };

export const input = (seed) => ({ example_inputs: 'teach [ cat ]', example_outputs: 'cats', test_inputs: 'teach [ dog ]\nteach [ müß 🐈 ]', seed });

/** Compositions and trainings wait after this step, so that the client sees it however slow it is; see tests/LoraHub.TestHost/Hold.cs. */
export const hold = (step) => writeFileSync(process.env.LORAHUB_HOLD, `${step}`);

export const release = () => rmSync(process.env.LORAHUB_HOLD, { force: true });

/** Asks again until the answer is there; an event of the service's own, so never long. */
export async function until(ask, what) {
  for (let tries = 0; tries < 1200; tries++) {
    const answer = await ask();
    if (answer) {
      return answer;
    }

    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  throw new Error(`Waited a minute in vain: ${what}`);
}
