namespace LoraHub.Api.Http;

/// <summary>Methods of routes that take more than one.</summary>
static class RouteMethods
{
    /// <summary>Reading: what answers GET answers HEAD, without the body.</summary>
    public static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];
}
