import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { hold, input, model, origin, release, replicate, seeds, until } from './client.mjs';

afterEach(release);

test('run waits for the output', async () => {
  const output = await replicate.run(model, { input: input(42) });

  assert.deepEqual(output.predictions, ['teach [ dog ]', 'teach [ müß 🐈 ]']);
  assert.deepEqual(output.weights, [{ module: 'lorahub/scripted', weight: 0.5 }]);
  assert.ok(output.adapter.toString().startsWith(`${origin}/results/`));
});

test('run takes owner/name:version and polls', async () => {
  const { latest_version: version } = await replicate.models.get('lorahub', 'lorahub');
  const states = [];
  const isProgress = (state) => state.status === 'processing' && state.logs.includes('/40 [');
  hold(20);

  const output = await replicate.run(
    `${model}:${version.id}`,
    { input: input(seeds.second), wait: { mode: 'poll', interval: 50 } },
    (prediction) => {
      states.push(prediction);
      if (isProgress(prediction)) {
        release();
      }
    });

  assert.equal(output.loss.evaluations, 40);
  assert.equal(states[0].status, 'starting');
  assert.equal(states.at(-1).status, 'succeeded');
  assert.ok(states.some(isProgress), 'progress lines arrive while it runs');
});

test('run goes on polling when the wait has run out', async () => {
  const states = [];
  hold(20);

  const output = await replicate.run(model, { input: input(seeds.second), wait: { mode: 'block', timeout: 1 } }, (prediction) => {
    states.push(prediction.status);
    release();
  });

  assert.equal(states[0], 'starting');
  assert.equal(output.loss.adapted, 0.25);
});

test('aborting a run cancels the prediction', async () => {
  const abort = new AbortController();
  let id;

  const output = await replicate.run(
    model,
    { input: input(seeds.untilCanceled), wait: { mode: 'poll', interval: 50 }, signal: abort.signal },
    (prediction) => {
      id = prediction.id;
      if (prediction.status === 'processing') {
        abort.abort();
      }
    });

  assert.equal(output, null);
  await until(async () => (await replicate.predictions.get(id)).status === 'canceled', 'canceled');
});

test('a failed run throws the plain message', async () => {
  await assert.rejects(replicate.run(model, { input: input(seeds.fails) }), { message: 'Prediction failed: scripted failure' });
});

test('create answers at once, get and wait follow, Prefer: wait answers with the end', async () => {
  const created = await replicate.predictions.create({ model, input: input(seeds.second) });
  assert.equal(created.status, 'starting');
  assert.equal(created.model, model);
  assert.match(created.version, /^[0-9a-f]{64}$/);
  assert.deepEqual(created.input, input(seeds.second));

  const ended = await replicate.wait(created, { interval: 50 });
  assert.equal(ended.status, 'succeeded');
  assert.deepEqual(await replicate.predictions.get(created.id), ended);
  assert.ok(ended.metrics.predict_time >= 1 && ended.metrics.total_time >= ended.metrics.predict_time);

  const waited = await replicate.predictions.create({ version: created.version, input: input(42), wait: 75 });
  assert.equal(waited.status, 'succeeded');
});

test('cancel ends a running prediction; canceling it again answers the same', async () => {
  const created = await replicate.predictions.create({ model, input: input(seeds.untilCanceled) });
  await until(async () => (await replicate.predictions.get(created.id)).status === 'processing', 'running');

  await replicate.predictions.cancel(created.id);
  const ended = await until(async () => {
    const now = await replicate.predictions.get(created.id);
    return now.completed_at && now;
  }, 'canceled');

  assert.equal(ended.status, 'canceled');
  assert.match(ended.logs, /^Using seed: 2\n/);
  assert.deepEqual(await replicate.predictions.cancel(created.id), ended);
});

test('paginate walks every page, newest first', async () => {
  const made = [];
  for (let i = 0; i < 105; i++) {
    made.unshift((await replicate.predictions.create({ model, input: { seed: 42 } })).id);
  }

  const pages = [];
  for await (const page of replicate.paginate(replicate.predictions.list)) {
    pages.push(page);
  }

  assert.ok(pages.length >= 2);
  assert.equal(pages[0].length, 100);
  assert.deepEqual(pages.flat().slice(0, made.length).map((prediction) => prediction.id), made);
});

test('bad input and an unknown version are refused with a reason, and sent once', async () => {
  let requests = 0;
  const counting = Object.assign(Object.create(replicate), { fetch: (...of) => (requests++, fetch(...of)) });

  await assert.rejects(
    counting.request('/predictions', { method: 'POST', data: { version: model, input: { max_inference_step: 5 } } }),
    (error) => error.response.status === 422 && error.message.includes('input.max_inference_step: 5 is less than the minimum of 10'));
  await assert.rejects(
    counting.request('/predictions', { method: 'POST', data: { version: 'nobody/nothing', input: {} } }),
    (error) => error.response.status === 422 && error.message.includes('Invalid version or not permitted'));
  await assert.rejects(counting.request('/predictions/nothing', {}), (error) => error.response.status === 404);
  assert.equal(requests, 3);
});
