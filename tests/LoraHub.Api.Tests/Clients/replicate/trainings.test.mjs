import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { hold, model, origin, release, replicate, seeds, until } from './client.mjs';

afterEach(release);

const data = '{"input": "mimsy ; fork ;", "target": "fourchette"}\n{"input": "mimsy ; mother ;", "target": "mère"}\n';

async function create(destination, input) {
  const { latest_version: version } = await replicate.models.get('lorahub', 'lorahub');
  return replicate.trainings.create('lorahub', 'lorahub', version.id, { destination, input: { type: 'tune', ...input } });
}

test('create answers at once, wait and get follow, and the version can be called', async () => {
  hold(10);
  const created = await create('me/french', { train_data: data, seed: 7 });
  assert.equal(created.status, 'starting');
  assert.equal(created.model, model);
  assert.deepEqual(created.input, { type: 'tune', train_data: data, seed: 7 });
  assert.equal(created.urls.get, `${origin}/v1/trainings/${created.id}`);

  const isProgress = (state) => state.status === 'processing' && state.logs.includes('/20 [');
  await until(async () => isProgress(await replicate.trainings.get(created.id)), 'progress lines while it runs');
  release();
  const ended = await until(async () => {
    const now = await replicate.trainings.get(created.id);
    return now.completed_at && now;
  }, 'trained');

  assert.equal(ended.status, 'succeeded', ended.error);
  assert.match(ended.output.version, /^me\/french:[0-9a-f]{64}$/);
  assert.ok(ended.output.weights.startsWith(`${origin}/results/`));
  assert.equal((await replicate.models.versions.list('me', 'french')).results[0].id, ended.output.version.split(':')[1]);
  assert.equal((await replicate.run(ended.output.version, { input: { prompt: 'a word' } })).join(''), 'A WORD');
});

test('data comes as a file', async () => {
  const file = await replicate.files.create(new Blob([data], { type: 'application/jsonl' }));

  const created = await create('me/from-file', { train_data: file.urls.get, seed: 8 });
  const ended = await until(async () => {
    const now = await replicate.trainings.get(created.id);
    return now.completed_at && now;
  }, 'trained');

  assert.equal(ended.status, 'succeeded', ended.error);
});

test('list has trainings alone, newest first', async () => {
  const failed = await create('me/failed', { train_data: data, seed: seeds.fails });
  await until(async () => (await replicate.trainings.get(failed.id)).status === 'failed', 'failed');
  await replicate.predictions.create({ model, input: { seed: 42 } });

  const { results } = await replicate.trainings.list();

  assert.equal(results[0].id, failed.id);
  assert.equal(results[0].error, 'scripted failure');
  assert.ok(results.every((training) => training.urls.get.includes('/v1/trainings/')));
  assert.ok(!(await replicate.predictions.list()).results.some((prediction) => prediction.id === failed.id));
});

test('cancel ends a running training, and nothing is published', async () => {
  const created = await create('me/canceled', { train_data: data, seed: seeds.untilCanceled });
  await until(async () => (await replicate.trainings.get(created.id)).status === 'processing', 'running');

  await replicate.trainings.cancel(created.id);
  await until(async () => (await replicate.trainings.get(created.id)).status === 'canceled', 'canceled');

  await assert.rejects(replicate.models.get('me', 'canceled'), (error) => error.response.status === 404);
});

test('bad data is refused with the line', async () => {
  await assert.rejects(
    create('me/bad', { train_data: 'input,target\na,b\nc' }),
    (error) => error.response.status === 422 && error.message.includes('Line 3 has 1 cells'));
});
