using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Runs the real program on a disk that is too small, full, read-only, damaged or in use.</summary>
public sealed class DiskTests
{
    const string NoRoom =
        "The service's disk is full, so the prediction's files could not be written. Free some space, then create the prediction again.";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_prediction_fails_when_its_files_do_not_fit_and_the_next_one_succeeds()
    {
        using var disk = SmallDisk.MountOrSkip(mebibytes: 32);
        await using var host = await TestHostProcess.StartAsync(disk.Path);
        var client = await host.ReadyAsync();

        var failed = await client.PostJsonAsync("/predictions", """{"input": {"seed": 6}}""");
        var next = await client.PostJsonAsync("/predictions", """{"input": {"seed": 5}}""");

        Assert.Equal(("failed", NoRoom), (failed.Text("status"), failed.Text("error")));
        Assert.Equal("Using seed: 6\n", failed.Text("logs"));
        Assert.Equal("succeeded", next.Text("status"));
        Assert.Equal(NoRoom, (await client.GetJsonAsync($"/v1/predictions/{failed.Text("id")}")).Text("error"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(disk.Path, "tmp")));
        Assert.DoesNotContain(disk.Path, failed.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_fills_during_a_prediction_fails_it_and_the_service_recovers_once_there_is_room()
    {
        using var disk = SmallDisk.MountOrSkip(mebibytes: 32);
        using var hold = new Hold();
        await using var host = await TestHostProcess.StartAsync(disk.Path, ("Queue:BareCapacity", "10"), hold.Setting);
        var client = await host.ReadyAsync();
        hold.At(1);
        var before = await client.PostJsonAsync("/predictions", """{"input": {"seed": 5}}""");
        var running = (await client.PostJsonAsync("/predictions", """{"input": {"seed": 100, "max_inference_step": 10}}""",
            ("Prefer", "respond-async"))).Text("id")!;
        await UntilAsync(async () => (await GetAsync(client, running)).Text("logs")!.Contains("1/10", StringComparison.Ordinal));

        disk.Fill();
        hold.Release();
        await UntilAsync(() => Task.FromResult(!Directory.EnumerateFileSystemEntries(Path.Combine(disk.Path, "tmp")).Any())); // its work has ended

        // While the disk is full, reads succeed and writes are refused.
        Assert.Equal("processing", (await GetAsync(client, running)).Text("status"));
        Assert.Equal("succeeded", (await GetAsync(client, before.Text("id")!)).Text("status"));
        using (var download = await client.FetchAsync(new Uri(before["output"]!.Text("adapter")!).PathAndQuery))
        {
            Assert.Equal("scripted adapter", await download.TextAsync());
        }

        await IsFullAsync(await client.PostAsync("/predictions", """{"input": {"seed": 5}}"""), "error");
        await IsFullAsync(await client.PostAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {"seed": 5}}"""), "detail");
        using (var upload = await client.UploadAsync(new string('x', 100_000)))
        {
            Assert.Equal(HttpStatusCode.InsufficientStorage, upload.StatusCode);
        }

        using (var ready = await client.FetchAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Contains("The disk of the data folder is full", await ready.TextAsync(), StringComparison.Ordinal);
        }

        Assert.False(host.HasExited);

        disk.Empty();
        await UntilAsync(async () => (await GetAsync(client, running)).Text("status") != "processing");
        var ended = await GetAsync(client, running);
        Assert.Equal(("failed", NoRoom), (ended.Text("status"), ended.Text("error")));
        Assert.Contains("10/10", ended.Text("logs"));
        Assert.Equal("succeeded", (await client.PostJsonAsync("/predictions", """{"input": {"seed": 5}}""")).Text("status"));
        Assert.Equal("READY", (await client.GetJsonAsync("/health-check")).Text("status"));
        using (var ready = await client.FetchAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }

        Assert.Equal(0, await host.TerminateAsync());
    }

    [Fact]
    public async Task An_upload_that_fills_the_disk_gives_back_its_room()
    {
        using var disk = SmallDisk.MountOrSkip(mebibytes: 32);
        await using var host = await TestHostProcess.StartAsync(disk.Path);
        var client = await host.ReadyAsync();

        using var refused = await client.UploadAsync(new string('x', 40_000_001));
        using var taken = await client.UploadAsync(new string('x', 1_000_000));

        Assert.Equal((HttpStatusCode.InsufficientStorage, HttpStatusCode.Created), (refused.StatusCode, taken.StatusCode));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(disk.Path, "files", "temporary")));
    }

    [Fact]
    public async Task A_read_only_data_folder_stops_the_start()
    {
        using var disk = SmallDisk.MountOrSkip(mebibytes: 32);
        await using (var host = await TestHostProcess.StartAsync(disk.Path))
        {
            await host.TerminateAsync();
        }

        disk.MakeReadOnly();

        await IsRefusedAsync(disk.Path, "Data:Path must be a folder that the service can create and write to.");
    }

    [Fact]
    public async Task A_full_disk_stops_the_start()
    {
        using var disk = SmallDisk.MountOrSkip(mebibytes: 8);
        disk.Fill();

        await IsRefusedAsync(disk.Path, $"The disk of the data folder {disk.Path} is full.");
    }

    [Fact]
    public async Task A_damaged_file_stops_the_start_and_stays_as_it_is()
    {
        var data = Directory.CreateTempSubdirectory("lorahub-");
        try
        {
            await using (var host = await TestHostProcess.StartAsync(data.FullName))
            {
                await host.TerminateAsync();
            }

            var file = Path.Combine(data.FullName, "lorahub.db");
            var damaged = await File.ReadAllBytesAsync(file, Cancellation);
            damaged.AsSpan(4096, 4096).Fill(0x55);
            await File.WriteAllBytesAsync(file, damaged, Cancellation);

            await IsRefusedAsync(data.FullName, "is damaged. Nothing was changed. Put a backup in its place");

            Assert.Equal(damaged, await File.ReadAllBytesAsync(file, Cancellation));
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_second_process_on_the_folder_does_not_start_and_the_first_continues()
    {
        await using var host = await TestHostProcess.StartAsync();
        var client = await host.ReadyAsync();

        await IsRefusedAsync(host.DataPath, $"The data folder {host.DataPath} is in use by another lorahub.");

        Assert.Equal("succeeded", (await client.PostJsonAsync("/predictions", """{"input": {"seed": 5}}""")).Text("status"));
    }

    static async Task IsRefusedAsync(string dataPath, string reason)
    {
        var run = await FinishedRun.OfAsync(dataPath, ["--urls", "http://127.0.0.1:0"]);

        Assert.Equal(1, run.Code);
        Assert.StartsWith("lorahub cannot start: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    static async Task IsFullAsync(HttpResponseMessage response, string key)
    {
        using (response)
        {
            Assert.Equal(HttpStatusCode.InsufficientStorage, response.StatusCode);
            Assert.Equal("There is no room left to store predictions.", (await response.JsonAsync()).Text(key));
        }
    }

    static Task<JsonObject> GetAsync(HttpClient client, string id) => client.GetJsonAsync($"/v1/predictions/{id}");

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
