import assert from 'node:assert/strict';
import test from 'node:test';
import { input, model, replicate, seeds } from './client.mjs';

test('stream gives the output, then the end', async () => {
  const events = [];

  for await (const event of replicate.stream(model, { input: input(seeds.second) })) {
    events.push(event);
  }

  assert.deepEqual(events.map((event) => event.event), ['output', 'done']);
  assert.deepEqual(JSON.parse(events[0].data).predictions, ['teach [ dog ]', 'teach [ müß 🐈 ]']);
  assert.equal(events[1].data, '{}');
});

test('stream throws when the prediction fails', async () => {
  await assert.rejects(async () => {
    for await (const event of replicate.stream(model, { input: input(seeds.fails) })) {
      assert.notEqual(event.event, 'output');
    }
  }, /scripted failure/);
});

test('stream ends when the prediction is canceled', async () => {
  const created = await replicate.predictions.create({ model, input: input(seeds.untilCanceled) });
  const stream = await fetch(created.urls.stream, { headers: { Accept: 'text/event-stream' } });

  await replicate.predictions.cancel(created.id);

  assert.match(await stream.text(), /event: done\nid: [0-9:]+\ndata: {"reason":"canceled"}\n\n$/);
});
