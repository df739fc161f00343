using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Bench.Large;
using LoraHub.Bench.Wire;
using LoraHub.Servers;

namespace LoraHub.Bench.Pages;

/// <summary>Two API nodes behind nginx, watched by two hundred visitors, of which one node is killed.</summary>
static class ProxiedPages
{
    const int Visitors = 200;

    static readonly TimeSpan Watching = TimeSpan.FromSeconds(20);

    public static async Task PrintAsync(string root)
    {
        if (!Nginx.IsInstalled || !NatsProcess.IsInstalled || !PostgresProcess.IsInstalled)
        {
            Console.WriteLine("nginx, nats-server or postgresql is not installed.");
            return;
        }

        await using var nats = new NatsProcess();
        await nats.StartAsync();
        await using var postgres = new PostgresProcess();
        await postgres.InitializeFolderAsync();
        await postgres.StartAsync();
        var database = await postgres.NewDatabaseAsync();
        string[] shared = ["--Distributed:Nats", nats.Url, "--Distributed:Prefix", "pages", "--Distributed:Postgres", database];
        var killed = await ServedProgram.StartAsync([.. shared, "--Role", "api"]);
        await using var other = await ServedProgram.StartAsync([.. shared, "--Role", "all"]); // it also runs the prediction
        await using var nginx = await Nginx.StartAsync(root, killed.Address.Port, other.Address.Port);
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue })
        {
            BaseAddress = nginx.Address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        await PrintAsync(client, killed, other, nginx);
    }

    static async Task PrintAsync(HttpClient client, ServedProgram killed, ServedProgram other, Nginx nginx)
    {
        Console.WriteLine(Machine.Describe());
        Console.WriteLine();
        Console.WriteLine("| what | figure |");
        Console.WriteLine("|---|---|");
        var id = await StartRunAsync(client);
        (double Node, double Other, double Nginx) before = (killed.ResidentMiB, other.ResidentMiB, nginx.ResidentMiB);
        Visitor[] visitors = [.. Enumerable.Range(0, Visitors).Select(_ => new Visitor(client, id))];
        await Task.Delay(Watching);
        PageLoad.Print(
            $"{Visitors} pages through nginx: memory before / with them, of the nodes and of nginx",
            $"{before.Node:0} / {killed.ResidentMiB:0}, {before.Other:0} / {other.ResidentMiB:0}, {before.Nginx:0} / {nginx.ResidentMiB:0} MiB");
        var (ofNode, ofOther, ofNginx) = (killed.ProcessorTime, other.ProcessorTime, nginx.ProcessorTime);
        await Task.Delay(Watching);
        PageLoad.Print(
            "processor while watching, of the nodes and of nginx, share of one core",
            $"{Share(killed.ProcessorTime - ofNode)}, {Share(other.ProcessorTime - ofOther)}, {Share(nginx.ProcessorTime - ofNginx)}");

        await killed.DisposeAsync();
        await Task.Delay(Watching);
        PageLoad.Print("a node is killed: pages that broke off", $"{visitors.Count(visitor => visitor.BrokenOff > 0)} of {Visitors}");
        PageLoad.Print("requests for a page again that failed", $"{visitors.Sum(visitor => visitor.Refused)}");
        PageLoad.Print("pages that show the run again", $"{visitors.Count(visitor => visitor.IsShown)} of {Visitors}");

        using var canceled = await client.PostAsync(new Uri($"/v1/predictions/{id}/cancel", UriKind.Relative), content: null);
        await Task.WhenAll(visitors.Select(visitor => visitor.Ended));
        PageLoad.Print("pages that show its end", $"{visitors.Count(visitor => visitor.ShowsEnd)} of {Visitors}");
    }

    /// <summary>Once the node that runs it has registered with the other.</summary>
    static async Task<string> StartRunAsync(HttpClient client)
    {
        while (true)
        {
            using var created = await client.PostAsJsonAsync(
                "/v1/predictions",
                new JsonObject { ["version"] = "lorahub/lorahub", ["input"] = new JsonObject { ["seed"] = PageLoad.UntilCanceled } });
            if (created.IsSuccessStatusCode)
            {
                return (string)(await created.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
            }

            await Task.Delay(100);
        }
    }

    static string Share(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{100 * (time / Watching):0.0} %");

    /// <summary>Reads a page to its end, and loads it again after a second when it breaks off, as the page's script does.</summary>
    sealed class Visitor
    {
        public Visitor(HttpClient client, string id) => Ended = WatchAsync(client, id);

        public Task Ended { get; }

        public int BrokenOff { get; private set; }

        public int Refused { get; private set; }

        /// <summary>Whether a response is open that has shown the run.</summary>
        public bool IsShown { get; private set; }

        public bool ShowsEnd { get; private set; }

        async Task WatchAsync(HttpClient client, string id)
        {
            while (!await IsReadWholeAsync(client, id))
            {
                IsShown = false;
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }

        async Task<bool> IsReadWholeAsync(HttpClient client, string id)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"/predictions/{id}") { Headers = { { "Accept", "text/html,*/*" } } };
                using var page = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                if (!page.IsSuccessStatusCode)
                {
                    Refused++;
                    return false;
                }

                await using var content = await page.Content.ReadAsStreamAsync();
                var (buffer, text) = (new byte[16384], new StringBuilder());
                while (await content.ReadAsync(buffer) is > 0 and var read)
                {
                    text.Append(Encoding.UTF8.GetString(buffer, 0, read));
                    IsShown |= text.ToString().Contains("processing", StringComparison.Ordinal);
                }

                ShowsEnd = text.ToString().Contains("canceled", StringComparison.Ordinal);
                return true;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                BrokenOff++;
                return false;
            }
        }
    }
}
