using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LoraHub.Storage.Records.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Predictions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "events",
                columns: table => new
                {
                    prediction_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    at = table.Column<long>(type: "bigint", nullable: false),
                    part = table.Column<int>(type: "integer", nullable: false),
                    data = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_events", x => new { x.prediction_id, x.sequence });
                });

            migrationBuilder.CreateTable(
                name: "predictions",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    input = table.Column<string>(type: "text", nullable: true),
                    origin = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    deadline = table.Column<long>(type: "bigint", nullable: true),
                    deployment = table.Column<string>(type: "text", nullable: true),
                    webhook = table.Column<string>(type: "text", nullable: true),
                    hardware = table.Column<string>(type: "text", nullable: false),
                    trace_parent = table.Column<string>(type: "text", nullable: true),
                    status = table.Column<int>(type: "integer", nullable: false),
                    cancel_requested = table.Column<bool>(type: "boolean", nullable: false),
                    last_sequence = table.Column<long>(type: "bigint", nullable: false),
                    started_at = table.Column<long>(type: "bigint", nullable: true),
                    completed_at = table.Column<long>(type: "bigint", nullable: true),
                    logs = table.Column<string>(type: "text", nullable: true),
                    output = table.Column<string>(type: "text", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true),
                    metrics = table.Column<string>(type: "text", nullable: true),
                    removed = table.Column<int>(type: "integer", nullable: false),
                    arrival = table.Column<long>(type: "bigint", nullable: false),
                    lease = table.Column<string>(type: "text", nullable: true),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    enqueued = table.Column<bool>(type: "boolean", nullable: false),
                    webhook_open = table.Column<bool>(type: "boolean", nullable: false),
                    start_told = table.Column<bool>(type: "boolean", nullable: false),
                    claimed_by = table.Column<string>(type: "text", nullable: true),
                    claimed_until = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_predictions", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "results",
                columns: table => new
                {
                    digest = table.Column<string>(type: "text", nullable: false),
                    prediction_id = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_results", x => new { x.digest, x.prediction_id });
                });

            migrationBuilder.CreateIndex(
                name: "IX_predictions_arrival",
                table: "predictions",
                column: "arrival",
                filter: "completed_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_predictions_claimed_until",
                table: "predictions",
                column: "claimed_until",
                filter: "webhook_open");

            migrationBuilder.CreateIndex(
                name: "IX_predictions_completed_at",
                table: "predictions",
                column: "completed_at");

            migrationBuilder.CreateIndex(
                name: "IX_predictions_created_at_id",
                table: "predictions",
                columns: new[] { "created_at", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_results_prediction_id",
                table: "results",
                column: "prediction_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "events");

            migrationBuilder.DropTable(
                name: "predictions");

            migrationBuilder.DropTable(
                name: "results");
        }
    }
}
