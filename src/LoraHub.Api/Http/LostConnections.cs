using Microsoft.AspNetCore.Connections;

namespace LoraHub.Api.Http;

static class LostConnections
{
    /// <summary>
    /// Reads from the body of a request, and aborts the request if the client resets the connection. Otherwise Kestrel 10.0 would read on afterwards,
    /// take the failed read for one under way, and log that as an error.
    /// </summary>
    public static async Task<T> ReadBodyAsync<T>(this HttpContext http, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (ConnectionResetException)
        {
            http.Abort();
            throw;
        }
    }
}
